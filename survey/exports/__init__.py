"""Files of reports and comparisons: CSV, workbooks, slides, images and PDF."""
