"""One test module for each rule; each has `test_fires`, `test_near_miss`, `test_no_data` and `test_boundary`."""
