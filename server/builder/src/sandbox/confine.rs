//! What a confined program may do.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, configure_capability_in_ambient_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::Cell;

/// The user and group whom builds of a server run by root are; owner of nothing, on every Linux.
pub(super) const NOBODY: u32 = 65534;

/// System calls no build tool needs: those that reach beyond a process's own files and children,
/// and those that kernels were often broken into by.
const DENIED: [libc::c_long; 49] = [
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_fanotify_init,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kcmp,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_madvise,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
];
/// Kinds of sockets a build may open.
const FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

/// Lets files keep their owner in a new user namespace.
pub(super) fn keep_identity(uid: u32, gid: u32) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

/// Keeps what the next step needs through its start, at which all but root lose their capabilities.
pub(super) fn pass_capabilities_on() -> io::Result<()> {
    let needed = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN | CapabilitySet::SETPCAP;
    let sets = capabilities(None)?;
    set_capabilities(
        None,
        CapabilitySets {
            inheritable: needed,
            ..sets
        },
    )?;
    for one in needed.iter() {
        configure_capability_in_ambient_set(one, true)?;
    }
    Ok(())
}

/// Leaves root for good. A user namespace of its own counts its processes apart from others' nobody;
/// where there is none, the user and the other namespaces must do.
pub(super) fn become_nobody() -> io::Result<()> {
    let (uid, gid) = (
        rustix::process::Uid::from_raw(NOBODY),
        rustix::process::Gid::from_raw(NOBODY),
    );
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    // A process that changed its user may not write its own maps otherwise.
    set_dumpable_behavior(DumpableBehavior::Dumpable)?;
    if unshare(CloneFlags::CLONE_NEWUSER).is_ok() {
        keep_identity(NOBODY, NOBODY)?;
    }
    Ok(())
}

/// Gives up every capability, also those a program could bring along.
pub(super) fn drop_capabilities() -> io::Result<()> {
    for number in 0..64 {
        // Refused for numbers the kernel does not know, and where there are none to give up.
        let _ = remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number));
    }
    let none = CapabilitySet::empty();
    set_capabilities(
        None,
        CapabilitySets {
            effective: none,
            permitted: none,
            inheritable: none,
        },
    )?;
    Ok(set_no_new_privs(true)?)
}

/// Sets what each process may take.
pub(super) fn limit(cell: &Cell) -> io::Result<()> {
    let limits = cell.limits;
    for (resource, most) in [
        (Resource::As, limits.memory),
        (Resource::Nproc, limits.processes),
        (Resource::Fsize, limits.file),
        (Resource::Cpu, cell.seconds),
        (Resource::Core, 0),
    ] {
        let (current, maximum) = (Some(most), Some(most));
        setrlimit(resource, Rlimit { current, maximum })?;
    }
    Ok(())
}

/// Refuses system calls, for this process and all it starts.
pub(super) fn filter() -> io::Result<()> {
    let mut denied: BTreeMap<i64, Vec<SeccompRule>> =
        DENIED.into_iter().map(|call| (call, Vec::new())).collect();
    denied.insert(libc::SYS_socket, vec![foreign_socket().map_err(other)?]);
    denied.insert(libc::SYS_clone, namespaces().map_err(other)?);
    denied.insert(libc::SYS_ioctl, vec![typing().map_err(other)?]);
    apply(denied, libc::EPERM)?;
    // Its flags lie in memory, where no filter sees them; libraries then use the older call.
    apply(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        libc::ENOSYS,
    )
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: i32) -> io::Result<()> {
    let refuse = SeccompAction::Errno(errno.unsigned_abs());
    let machine = std::env::consts::ARCH.try_into().map_err(other)?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, machine);
    let program: BpfProgram = filter.map_err(other)?.try_into().map_err(other)?;
    seccompiler::apply_filter(&program).map_err(other)
}

fn foreign_socket() -> Result<SeccompRule, seccompiler::BackendError> {
    let other = |family: i32| condition(0, SeccompCmpOp::Ne, u64::from(family.unsigned_abs()));
    SeccompRule::new(FAMILIES.into_iter().map(other).collect::<Result<_, _>>()?)
}

/// A new process may not come with a new namespace.
fn namespaces() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let kinds = [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ];
    let rule = |kind: i32| {
        let bit = u64::from(kind.unsigned_abs());
        SeccompRule::new(vec![condition(0, SeccompCmpOp::MaskedEq(bit), bit)?])
    };
    kinds.into_iter().map(rule).collect()
}

/// Nothing may be typed into a terminal.
fn typing() -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![condition(1, SeccompCmpOp::Eq, libc::TIOCSTI)?])
}

fn condition(
    argument: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}
