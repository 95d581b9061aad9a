//! The rpcd of the virtual router: one thread that owns the sessions, the native objects and the
//! plugins, and answers one call after another. A slow handler stalls everybody, as it does there.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use tokio::sync::oneshot;

use crate::abi::{Connections, Ended, Host};
use crate::device::Device;
use crate::objects::{self, Object};
use crate::session::{Sessions, Shared};
use crate::ubus::{Done, Reply, Signature, Status};
use crate::value::Table;

/// Where a router keeps its access rules.
pub(crate) const ACL_DIRECTORY: &str = "/usr/share/rpcd/acl.d";

enum Job {
    Call {
        object: String,
        method: String,
        arguments: Table,
        reply: oneshot::Sender<Reply>,
    },
    Lookup {
        pattern: Option<String>,
        reply: oneshot::Sender<Vec<Signature>>,
    },
    Ended(Ended),
}

/// A handle to the rpcd thread.
#[derive(Clone)]
pub(crate) struct Rpcd(Sender<Job>);

/// An rpcd that has loaded its plugins and waits for the root filesystem.
pub(crate) struct Loaded {
    rpcd: Rpcd,
    start: Sender<()>,
}

impl Rpcd {
    /// Starts the thread and loads every file of `plugins`; what is no plugin is skipped with a message.
    ///
    /// Plugins are files of the machine that runs this, so they are loaded before the root changes.
    pub(crate) fn load(
        plugins: PathBuf,
        random: File,
        device: Arc<Device>,
    ) -> anyhow::Result<Loaded> {
        let (jobs, queue) = mpsc::channel();
        let (start, started) = mpsc::channel();
        let (loaded, wait) = mpsc::channel();
        let rpcd = Self(jobs.clone());
        thread::Builder::new()
            .name("rpcd".to_owned())
            .spawn(move || {
                let mut daemon = Daemon::new(jobs, random, &device);
                daemon.load(&plugins);
                if loaded.send(()).is_ok() && started.recv().is_ok() {
                    daemon.serve(&queue);
                }
            })?;
        wait.recv()?;
        Ok(Loaded { rpcd, start })
    }

    /// Calls a method; none if the thread is gone.
    pub(crate) async fn call(&self, object: &str, method: &str, arguments: Table) -> Option<Reply> {
        let (reply, answer) = oneshot::channel();
        let (object, method) = (object.to_owned(), method.to_owned());
        self.0
            .send(Job::Call {
                object,
                method,
                arguments,
                reply,
            })
            .ok()?;
        answer.await.ok()
    }

    /// The objects of a name, or of all names if none is given; a `*` at the end fits every ending.
    pub(crate) async fn lookup(&self, pattern: Option<&str>) -> Vec<Signature> {
        let (reply, answer) = oneshot::channel();
        if self
            .0
            .send(Job::Lookup {
                pattern: pattern.map(str::to_owned),
                reply,
            })
            .is_err()
        {
            return Vec::new();
        }
        answer.await.unwrap_or_default()
    }

    /// Whether a session has a right.
    pub(crate) async fn access(
        &self,
        session: &str,
        scope: &str,
        object: &str,
        function: &str,
    ) -> bool {
        let question = Table::new()
            .with("ubus_rpc_session", session)
            .with("scope", scope)
            .with("object", object)
            .with("function", function);
        let answer = self.call("session", "access", question).await;
        answer.is_some_and(|reply| reply.data.get("access") == Some(&true.into()))
    }
}

impl Loaded {
    /// Lets the thread serve, now that the root is the router's.
    pub(crate) fn start(self) -> Rpcd {
        // A thread that is gone shows with the first call.
        let _ = self.start.send(());
        self.rpcd
    }
}

struct Daemon {
    host: Host,
    sessions: Shared,
    objects: Vec<Box<dyn Object>>,
}

impl Daemon {
    fn new(jobs: Sender<Job>, random: File, device: &Arc<Device>) -> Self {
        let sessions = Rc::new(RefCell::new(Sessions::new(random)));
        let programs = Arc::clone(device);
        let host = Host::new(Connections {
            sessions: Rc::clone(&sessions),
            programs: Arc::new(move |arguments| programs.program(arguments)),
            ended: Arc::new(move |ended| {
                // Nobody waits for the answer any more if the thread is gone.
                let _ = jobs.send(Job::Ended(ended));
            }),
        });
        Self {
            host,
            objects: objects::native(&sessions, device),
            sessions,
        }
    }

    fn load(&mut self, directory: &Path) {
        let mut files: Vec<PathBuf> = match std::fs::read_dir(directory) {
            Ok(entries) => entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.is_file())
                .collect(),
            Err(error) => {
                tracing::error!(
                    "no plugins: {} cannot be listed: {error}",
                    directory.display()
                );
                return;
            }
        };
        files.sort();
        for file in files {
            match self.host.load(&file) {
                Ok(()) => tracing::info!("loaded {}", file.display()),
                Err(error) => tracing::error!("skipped a plugin: {error}"),
            }
        }
    }

    fn serve(&mut self, queue: &Receiver<Job>) {
        self.sessions
            .borrow_mut()
            .open_to_all(Path::new(ACL_DIRECTORY));
        while let Ok(job) = queue.recv() {
            match job {
                Job::Call {
                    object,
                    method,
                    arguments,
                    reply,
                } => self.call(&object, &method, &arguments, reply),
                Job::Lookup { pattern, reply } => {
                    let _ = reply.send(self.lookup(pattern.as_deref()));
                }
                Job::Ended(ended) => self.host.finish(&ended),
            }
        }
    }

    fn call(
        &mut self,
        object: &str,
        method: &str,
        arguments: &Table,
        reply: oneshot::Sender<Reply>,
    ) {
        // A caller that is gone does not need its answer.
        let done: Done = Box::new(|answer| drop(reply.send(answer)));
        let Some(native) = self
            .objects
            .iter_mut()
            .find(|native| native.signature().object == object)
        else {
            return self.host.call(object, method, arguments, done);
        };
        let known = native
            .signature()
            .methods
            .iter()
            .any(|(name, _)| name == method);
        done(if known {
            native.call(method, arguments).into()
        } else {
            Reply::status(Status::MethodNotFound)
        });
    }

    fn lookup(&self, pattern: Option<&str>) -> Vec<Signature> {
        let mut all: Vec<Signature> = self
            .objects
            .iter()
            .map(|native| native.signature())
            .collect();
        all.extend(self.host.signatures());
        all.sort_by(|a, b| a.object.cmp(&b.object));
        all.retain(|signature| {
            match pattern.map(|pattern| pattern.strip_suffix('*').ok_or(pattern)) {
                None => true,
                Some(Ok(start)) => signature.object.starts_with(start),
                Some(Err(name)) => signature.object == name,
            }
        });
        all
    }
}
