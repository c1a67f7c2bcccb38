//! A clock for busy machines.

/// Seconds that all living threads of this process have spent on a processor, to the nanosecond; those of the wall clock where
/// the system does not tell.
pub(crate) fn cpu_seconds() -> f64 {
    let of_thread = |entry: std::io::Result<std::fs::DirEntry>| {
        let told = std::fs::read_to_string(entry.ok()?.path().join("schedstat")).ok()?;
        told.split_whitespace().next()?.parse::<f64>().ok()
    };
    let threads = std::fs::read_dir("/proc/self/task");
    let nanoseconds: Option<f64> = threads.ok().map(|threads| threads.filter_map(of_thread).sum());
    let since_1970 = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    match nanoseconds {
        Some(nanoseconds) if nanoseconds > 0.0 => nanoseconds * 1e-9,
        _ => since_1970().map_or(0.0, |time| time.as_secs_f64()),
    }
}
