-- expect: different server far: options
ALTER SERVER far OPTIONS (SET host 'y');
