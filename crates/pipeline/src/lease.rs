//! Who is sending: a name by which a later process can tell whether the sender is still alive.

use std::fs;

/// The name of this process: machine (its boot), process number and the instant at which it started.
#[must_use]
pub fn holder() -> String {
    let pid = std::process::id();
    format!("{}/{pid}/{}", boot(), started(pid).unwrap_or_default())
}

/// Whether the holder is certainly dead: it ran on this machine and is no longer there. Unknown is alive.
#[must_use]
pub fn is_dead(holder: &str) -> bool {
    let mut parts = holder.split('/');
    let (Some(its_boot), Some(pid), Some(since)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let Ok(pid) = pid.parse::<u32>() else { return false };
    let boot = boot();
    if its_boot.is_empty() || boot.is_empty() {
        return false;
    }
    // Another boot id is another start of this machine, or another machine: only the lease's end tells then.
    its_boot == boot && started(pid).is_none_or(|now| now != since)
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// Field 22 of `/proc/PID/stat`: clock ticks between boot and the process's start. The name may hold spaces.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?;
    (state != "Z" && state != "X").then_some(())?;
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_living_holder_is_not_dead_and_an_ended_one_is() {
        assert!(!is_dead(&holder()));
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let name = format!("{}/{}/{}", boot(), child.id(), started(child.id()).unwrap());
        assert!(!is_dead(&name));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_dead(&name));
        assert!(!is_dead("another-machine/1/2"));
        assert!(!is_dead("nonsense"));
    }
}
