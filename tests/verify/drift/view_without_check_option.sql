-- expect: different view checked: options
ALTER VIEW checked RESET (check_option);
