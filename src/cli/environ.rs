//! The environment that this process was started with, as the kernel shows it in `/proc/PID/environ`.

/// Erases the values of every variable whose name begins with `prefix` where `/proc` shows them: a parent that stays beside the
/// app must not expose a password. Call it after the settings are read, while no other thread reads the environment.
pub fn erase(prefix: &str) {
    let Some((start, end)) = block() else { return };
    let mut at = start;
    while at < end {
        // SAFETY: the kernel gives the bounds of this process's own environment block, which is mapped and writable for as
        // long as the process lives; every byte between them is initialised. Only bytes of values are changed, to NUL, so
        // whoever holds a pointer to a variable still finds a terminated string.
        unsafe {
            let variable = at as *mut u8;
            let length = (0..end - at).take_while(|&offset| *variable.add(offset) != 0).count();
            if std::slice::from_raw_parts(variable, length).starts_with(prefix.as_bytes()) {
                for offset in 0..length {
                    variable.add(offset).write_volatile(0);
                }
            }
            at += length + 1;
        }
    }
}

/// Fields 50 and 51 of `/proc/self/stat`, `env_start` and `env_end` (proc(5)).
fn block() -> Option<(usize, usize)> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(47);
    let start: usize = fields.next()?.trim().parse().ok()?;
    let end: usize = fields.next()?.trim().parse().ok()?;
    (start != 0 && start < end).then_some((start, end))
}
