//! The packages of an index.

use crate::package::{Constraint, Dependency, Operator, Package, Provided, Relation};

use super::json::{CONFLICT, EQUAL, FUZZY, GREATER, LESS, text};
use super::schema::field;
use super::values::{Data, Slots, Value};
use super::{AdbError, Database};

/// What the tag with a package's ABI version begins with.
const ABI_TAG: &[u8] = b"openwrt:abiversion=";

impl Database {
    /// The packages of an index, in the order of the file: by name, then by version.
    pub fn packages(&self) -> Result<Vec<Package>, AdbError> {
        if &self.schema() != b"indx" {
            let found = text(&self.schema());
            let wanted = "indx";
            return Err(AdbError::Schema { found, wanted });
        }
        let data = Data::of(self.data());
        let root = data.slots(data.root()?)?;
        let packages = data.slots(root.get(2))?;
        let spec = data.blob(root.get(3))?.map(text);
        let package = |(index, value)| {
            let slots = data.slots(value)?;
            package(&data, slots, index + 1, spec.as_deref())
        };
        packages.iter().enumerate().map(package).collect()
    }
}

fn package(
    data: &Data<'_>,
    slots: Slots<'_>,
    position: usize,
    spec: Option<&str>,
) -> Result<Package, AdbError> {
    let string = |field| {
        data.blob(slots.get(field))
            .map(|blob| text(blob.unwrap_or_default()))
    };
    let number = |field| data.number(slots.get(field));
    let list = |field| relations(data, slots.get(field));
    let (conflicts, depends) = split(list(field::DEPENDS)?);
    let mut package = Package {
        name: string(field::NAME)?,
        version: string(field::VERSION)?,
        arch: string(field::ARCH)?,
        depends,
        conflicts,
        provides: provides(list(field::PROVIDES)?),
        install_if: conditions(list(field::INSTALL_IF)?),
        replaces: positive(list(field::REPLACES)?),
        provider_priority: u32::try_from(number(field::PROVIDER_PRIORITY)?).unwrap_or(u32::MAX),
        abi_version: abi_version(data, slots.get(field::TAGS))?,
        size: number(field::FILE_SIZE)?,
        installed_size: number(field::INSTALLED_SIZE)?,
        sha256: hex::encode(data.blob(slots.get(field::HASHES))?.unwrap_or_default()),
        description: string(field::DESCRIPTION)?,
        ..Package::default()
    };
    check(&package, position)?;
    package.filename = filename(&package, spec);
    Ok(package)
}

fn check(package: &Package, position: usize) -> Result<(), AdbError> {
    for (field, value) in [("name", &package.name), ("version", &package.version)] {
        if value.is_empty() {
            return Err(AdbError::Package { position, field });
        }
    }
    Ok(())
}

/// Where the package lies beside the index, unless the index says otherwise.
fn filename(package: &Package, spec: Option<&str>) -> String {
    let Some(spec) = spec else {
        return format!("{}-{}.apk", package.name, package.version);
    };
    spec.replace("${name}", &package.name)
        .replace("${version}", &package.version)
        .replace("${arch}", &package.arch)
}

fn abi_version(data: &Data<'_>, tags: Value) -> Result<Option<String>, AdbError> {
    for tag in data.slots(tags)?.iter() {
        let tag = data.blob(tag)?.unwrap_or_default();
        if let Some(abi) = tag.strip_prefix(ABI_TAG) {
            return Ok(Some(text(abi)));
        }
    }
    Ok(None)
}

/// A relation, and whether it is a conflict.
type Signed = (bool, Relation);

fn relations(data: &Data<'_>, list: Value) -> Result<Vec<Signed>, AdbError> {
    let relations = data.slots(list)?.iter();
    relations.map(|value| relation(data, value)).collect()
}

fn relation(data: &Data<'_>, value: Value) -> Result<Signed, AdbError> {
    let slots = data.slots(value)?;
    let name = text(data.blob(slots.get(1))?.unwrap_or_default());
    let version = data.blob(slots.get(2))?.map(text);
    let bits = data.number(slots.get(3))?;
    let constraint = version.and_then(|version| constraint(bits & !CONFLICT, version));
    Ok((bits & CONFLICT != 0, Relation { name, constraint }))
}

fn constraint(bits: u64, version: String) -> Option<Constraint> {
    const ANY: u64 = LESS | EQUAL | GREATER;
    if bits & ANY == ANY {
        return None;
    }
    let operator = match (bits & !EQUAL, bits & EQUAL != 0) {
        (FUZZY, _) => Operator::Fuzzy,
        (LESS, false) => Operator::Less,
        (LESS, true) => Operator::LessOrEqual,
        (GREATER, false) => Operator::Greater,
        (GREATER, true) => Operator::GreaterOrEqual,
        (bits, _) if bits == FUZZY | LESS => Operator::FuzzyLess,
        (bits, _) if bits == FUZZY | GREATER => Operator::FuzzyGreater,
        // A checksum behind `><` names one build; as a version it is met by none.
        _ => Operator::Equal,
    };
    Some(Constraint { operator, version })
}

fn split(relations: Vec<Signed>) -> (Vec<Relation>, Vec<Dependency>) {
    let mut conflicts = Vec::new();
    let mut depends = Vec::with_capacity(relations.len());
    for (is_conflict, relation) in relations {
        if is_conflict {
            conflicts.push(relation);
        } else {
            depends.push(Dependency(vec![relation]));
        }
    }
    (conflicts, depends)
}

/// A rule that wants something *not* to be there is dropped, since [`Package::install_if`] cannot
/// say it; such a package is only installed when asked for.
fn conditions(relations: Vec<Signed>) -> Vec<Relation> {
    if relations.iter().any(|(is_conflict, _)| *is_conflict) {
        return Vec::new();
    }
    positive(relations)
}

fn positive(relations: Vec<Signed>) -> Vec<Relation> {
    let wanted = relations
        .into_iter()
        .filter(|(is_conflict, _)| !is_conflict);
    wanted.map(|(_, relation)| relation).collect()
}

fn provides(relations: Vec<Signed>) -> Vec<Provided> {
    let provided = |(_, relation): Signed| Provided {
        name: relation.name,
        version: relation.constraint.map(|constraint| constraint.version),
    };
    relations.into_iter().map(provided).collect()
}
