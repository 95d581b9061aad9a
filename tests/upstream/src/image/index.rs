//! `make-index` and `usign`: an index over a folder of packages, and its signature.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::{has, required, value};
use crate::format::usign::{PublicKey, SecretKey, verify_with_directory};
use crate::mirror::feed;
use crate::opkg;

/// `make-index FOLDER`: prints `Packages`.
pub fn make_index(arguments: &[String]) -> Result<()> {
    let folder = Path::new(arguments.first().map_or(".", String::as_str));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".ipk") {
            names.push(name);
        }
    }
    names.sort();
    let stanza = |name: &String| -> Result<_> {
        let bytes = fs::read(folder.join(name))?;
        let control = opkg::control(&bytes).with_context(|| format!("{name} is no package"))?;
        Ok(feed::manifest_stanza(name, &control, &bytes))
    };
    let stanzas = names.iter().map(stanza).collect::<Result<Vec<_>>>()?;
    print!("{}", feed::index_text(&stanzas));
    Ok(())
}

/// `usign -G`, `-F`, `-S` and `-V`, with the options of the genuine tool.
pub fn usign(arguments: &[String]) -> Result<()> {
    let flag = |option| has(arguments, option);
    if flag("-G") {
        generate(arguments)
    } else if flag("-F") {
        let text = read(required(arguments, "-p")?)?;
        println!(
            "{}",
            PublicKey::parse(&text)
                .context("this is no public key")?
                .fingerprint()
        );
        Ok(())
    } else if flag("-S") {
        sign(arguments)
    } else if flag("-V") {
        verify(arguments)
    } else {
        bail!("usign: choose one of -G, -F, -S and -V")
    }
}

fn generate(arguments: &[String]) -> Result<()> {
    let mut random = [0; 40];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    let (mut seed, mut number) = ([0; 32], [0; 8]);
    seed.copy_from_slice(&random[..32]);
    number.copy_from_slice(&random[32..]);
    let key = SecretKey::new(seed, number);
    let comment = value(arguments, "-c").unwrap_or("key");
    fs::write(required(arguments, "-s")?, key.secret_text(comment))?;
    fs::write(required(arguments, "-p")?, key.public_text(comment))?;
    Ok(())
}

fn sign(arguments: &[String]) -> Result<()> {
    let message = required(arguments, "-m")?;
    let out = value(arguments, "-x").map_or_else(|| format!("{message}.sig"), str::to_owned);
    let key =
        SecretKey::parse(&read(required(arguments, "-s")?)?).context("this is no secret key")?;
    fs::write(out, key.sign(&fs::read(message)?))?;
    Ok(())
}

fn verify(arguments: &[String]) -> Result<()> {
    let message = fs::read(required(arguments, "-m")?)?;
    let signature = read(required(arguments, "-x")?)?;
    let is_good = match value(arguments, "-P") {
        Some(keys) => verify_with_directory(Path::new(keys), &message, &signature),
        None => PublicKey::parse(&read(required(arguments, "-p")?)?)
            .is_some_and(|key| key.verify(&message, &signature)),
    };
    if !is_good {
        bail!("verification failed");
    }
    Ok(())
}

fn read(path: &str) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {path}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
