//! Where the values of a database point.

/// Runs of bytes that no value points at, without the padding before values that need it.
pub(crate) fn unreferenced(data: &[u8]) -> Vec<Vec<u8>> {
    let mut seen = vec![false; data.len()];
    seen[..8].fill(true);
    visit(data, word(data, 4), &mut seen);
    let mut runs: Vec<Vec<u8>> = Vec::new();
    for at in 0..data.len() {
        match runs.last_mut() {
            _ if seen[at] => {}
            Some(run) if !seen[at - 1] => run.push(data[at]),
            _ => runs.push(vec![data[at]]),
        }
    }
    for run in &mut runs {
        let padding = run.len()
            - run
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last + 1);
        run.truncate(run.len() - padding.min(3));
    }
    runs.retain(|run| run.iter().any(|byte| *byte != 0));
    runs
}

fn visit(data: &[u8], value: u32, seen: &mut [bool]) {
    let at = (value & 0x0fff_ffff) as usize;
    let length = match value >> 28 {
        2 => 4,
        8 => 1 + usize::from(data[at]),
        9 => 2 + usize::from(u16::from_le_bytes([data[at], data[at + 1]])),
        13 | 14 => 4 * word(data, at) as usize,
        _ => return,
    };
    seen[at..at + length].fill(true);
    if value >> 28 >= 13 {
        (at + 4..at + length)
            .step_by(4)
            .for_each(|slot| visit(data, word(data, slot), seen));
    }
}

fn word(data: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(data[at..at + 4].try_into().unwrap())
}
