//! The symbols of a plugin: what it asks for, what it offers, and what they tell about its code.

use object::elf::{SHT_DYNSYM, SHT_SYMTAB, STB_LOCAL};
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, Result};

/// All a plugin may ask of rpcd and what rpcd has loaded. `abort` is not among it: only a reachable
/// panic asks for that. Not `statx`: musl has it since 1.2.5 only, that is OpenWrt 24.10.
const IMPORTS: [&str; 14] = [
    "bcmp",
    "blobmsg_add_field",
    "blobmsg_add_json_from_string",
    "free",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "open",
    "realloc",
    "statvfs",
    "syscall",
    "ubus_add_object",
    "ubus_send_reply",
];

/// The one symbol rpcd looks for.
const EXPORT: &str = "rpc_plugin";

/// What is wrong with imports and exports, and where the registration lies.
pub(crate) fn faults<H>(file: &[u8]) -> Result<(Vec<String>, Option<u64>)>
where
    H: FileHeader<Endian = Endianness>,
{
    let mut faults = Vec::new();
    let mut registration = None;
    for symbol in symbols::<H>(file, SHT_DYNSYM)? {
        match (symbol.name.as_str(), symbol.address) {
            (EXPORT, Some(address)) => registration = Some(address),
            (name, Some(_)) => faults.push(format!("it exports {name}")),
            (name, None) if IMPORTS.contains(&name) => {}
            (name, None) => faults.push(format!("it imports {name}")),
        }
    }
    if registration.is_none() {
        faults.push(format!("it does not export {EXPORT}"));
    }
    Ok((faults, registration))
}

/// Functions that panic, or that there is no table that would tell.
pub(crate) fn panics<H>(file: &[u8]) -> Result<Vec<String>>
where
    H: FileHeader<Endian = Endianness>,
{
    let symbols = all::<H>(file, SHT_SYMTAB)?;
    if !symbols.iter().any(|symbol| symbol.name == EXPORT) {
        return Ok(vec!["it has no symbol table to look for panics in".into()]);
    }
    // The mangled form of `core::panicking::…`, and what `export!` has the panic handler call.
    let panics = symbols.iter().filter(|symbol| {
        symbol.name.contains("9panicking")
            || symbol.name.contains("panic_fmt")
            || symbol.name == "abort"
    });
    Ok(panics
        .map(|symbol| format!("it contains {}", symbol.name))
        .collect())
}

struct Named {
    name: String,
    local: bool,
    /// None where another file is to bring it.
    address: Option<u64>,
}

/// The symbols of a table that other files see.
fn symbols<H>(file: &[u8], table: u32) -> Result<Vec<Named>>
where
    H: FileHeader<Endian = Endianness>,
{
    let mut symbols = all::<H>(file, table)?;
    symbols.retain(|symbol| !symbol.local);
    Ok(symbols)
}

fn all<H>(file: &[u8], table: u32) -> Result<Vec<Named>>
where
    H: FileHeader<Endian = Endianness>,
{
    let header = H::parse(file)?;
    let endian = header.endian()?;
    let table = header
        .sections(endian, file)?
        .symbols(endian, file, table)?;
    // The first entry of every table is empty.
    let named = table.iter().skip(1).map(|symbol| {
        let name = symbol.name(endian, table.strings())?;
        let defined = !symbol.is_undefined(endian);
        Ok(Named {
            name: String::from_utf8_lossy(name).into_owned(),
            local: symbol.st_bind() == STB_LOCAL,
            address: defined.then(|| symbol.st_value(endian).into()),
        })
    });
    named.collect()
}
