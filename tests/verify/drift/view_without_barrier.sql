-- expect: different view checked: options
ALTER VIEW checked RESET (security_barrier);
