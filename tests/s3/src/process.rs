use std::io::Read;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

use crate::{ADDRESS, FOLDER, KEY, SAID, SECRET};

/// Is the server until its standard input ends; what it serves is in its environment. Where that says
/// nothing, as when all ignored tests are run, it does nothing.
pub fn serve() {
    let (Ok(folder), Ok(address)) = (std::env::var(FOLDER), std::env::var(ADDRESS)) else {
        return;
    };
    let left = folder.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = std::fs::remove_dir_all(left);
        std::process::exit(0);
    });
    let mut service = S3ServiceBuilder::new(FileSystem::new(folder).expect("its folder"));
    service.set_auth(SimpleAuth::from_single(KEY, SECRET));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(accept(&address, service.build()));
}

async fn accept(address: &str, service: S3Service) {
    let listener = TcpListener::bind(address).await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    println!("\n{SAID}{address}");
    while let Ok((stream, _)) = listener.accept().await {
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
        tokio::spawn(connection);
    }
}
