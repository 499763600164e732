"""Reports as pages: what stands on them (`page`), the forms they take (`html`, `markdown`), a chart a file."""
