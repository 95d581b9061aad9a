//! From the compiled module to the two files a browser loads: `asu.js` and `asu.wasm`.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::npm::tool;
use crate::run::{output, root, run};

/// What wasm-bindgen calls the module's own script and the module.
const GLUE: &str = "asu_view_dom_bg";
/// What every browser with `DecompressionStream` understands, and most of those without.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Makes `asu.js` and `asu.wasm` in `www` from `module`; `work` is a folder for what lies between.
pub(super) fn bundle(module: &Path, work: &Path, www: &Path) -> anyhow::Result<()> {
    bind(module, work)?;
    let names = shrink(work, &www.join("asu.wasm"))?;
    let glue = work.join(format!("{GLUE}.js"));
    let text = std::fs::read_to_string(&glue)?;
    std::fs::write(&glue, names.rename_exports(text))?;
    std::fs::write(work.join("module.js"), names.loader()?)?;
    std::fs::copy(root().join("luci-wasm/host/asu.js"), work.join("asu.js"))?;
    run(Command::new(tool("esbuild")?)
        .arg(work.join("asu.js"))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2020"])
        .args(["--charset=utf8", "--log-level=warning"])
        .arg(format!("--outfile={}", www.join("asu.js").display())))
}

/// wasm-bindgen's form for bundlers is the one without a loader; ours is `luci-wasm/host/asu.js`.
fn bind(module: &Path, work: &Path) -> anyhow::Result<()> {
    Bindgen::new()
        .input_path(module)
        .bundler(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .remove_producers_section(true)
                .generate(work)
        })
        .map_err(|error| anyhow!("wasm-bindgen could not make the glue: {error}"))
}

/// Optimises the module, and gives what it imports and exports short names.
///
/// `asu.symbols` in `work` then tells which function has the number that a trap names.
fn shrink(work: &Path, into: &Path) -> anyhow::Result<Names> {
    let optimizer = tool("wasm-opt")?;
    let small = work.join("small.wasm");
    run(Command::new(&optimizer)
        .args(FEATURES)
        // Code without nested expressions gives the optimiser more to find; the second round undoes
        // what the first leaves of that.
        .args(["--flatten", "--rereloop", "-Oz", "-Oz"])
        .args(["--low-memory-unused", "-g", "--strip-producers"])
        .arg(work.join(format!("{GLUE}.wasm")))
        .arg("-o")
        .arg(&small))?;
    let names = output(
        Command::new(&optimizer)
            .args(FEATURES)
            .arg("--minify-imports-and-exports-and-modules")
            .arg(format!(
                "--symbolmap={}",
                work.join("asu.symbols").display()
            ))
            .args(["--strip-debug", "--strip-target-features"])
            .arg(&small)
            .arg("-o")
            .arg(into),
    )?;
    Names::read(&names).context("wasm-opt did not tell the new names")
}

/// The short names of what the module imports and exports.
struct Names {
    /// Old and new; all imports are in one module, called `a`.
    imports: Vec<(String, String)>,
    /// Old and new, the longest old names first.
    exports: Vec<(String, String)>,
}

impl Names {
    /// Reads what wasm-opt prints: `{"imports": [[module, old, new]], "exports": [[old, new]]}`.
    fn read(text: &str) -> anyhow::Result<Self> {
        let all: serde_json::Value = serde_json::from_str(text)?;
        let pairs = |kind: &str| -> Option<Vec<(String, String)>> {
            let pair = |entry: &serde_json::Value| match entry.as_array()?.as_slice() {
                [.., old, new] => Some((old.as_str()?.to_owned(), new.as_str()?.to_owned())),
                _ => None,
            };
            all.get(kind)?.as_array()?.iter().map(pair).collect()
        };
        let mut exports = pairs("exports").context("no exports")?;
        exports.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        let imports = pairs("imports").context("no imports")?;
        Ok(Self { imports, exports })
    }

    /// The glue, calling the module's functions by their short names.
    fn rename_exports(&self, glue: String) -> String {
        self.exports.iter().fold(glue, |glue, (old, new)| {
            glue.replace(&format!("wasm.{old}"), &format!("wasm.{new}"))
        })
    }

    /// A script that starts the module with what it imports.
    fn loader(&self) -> anyhow::Result<String> {
        let exported = |name: &str| {
            let found = self.exports.iter().find(|(old, _)| old == name);
            found
                .map(|(_, new)| new)
                .context(format!("the module has no {name}"))
        };
        let mut functions = String::new();
        for (old, new) in &self.imports {
            write!(functions, "{new}: glue.{old}, ")?;
        }
        Ok(format!(
            "import * as glue from './{GLUE}.js';
export {{ mount, unmount }} from './{GLUE}.js';
export async function start(bytes) {{
	const {{ instance }} = await WebAssembly.instantiate(bytes, {{ a: {{ {functions} }} }});
	glue.__wbg_set_wasm(instance.exports);
	instance.exports.{}();
}}
",
            exported("__wbindgen_start")?
        ))
    }
}
