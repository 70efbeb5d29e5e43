-- expect: unexpected column checked.name
ALTER VIEW checked ALTER name SET DEFAULT 'v';
