//! Lengths: a file holds one idea, a shader function fits a screen.

use super::Finding;

const FILE_LINES_MAX: usize = 600;
const FILE_LINES_WITHOUT_TESTS: usize = 400;
const SHADER_FUNCTION_LINES_MAX: usize = 70;
/// How a file begins that a test writes and compares: nobody reads it from top to bottom.
const GENERATED: &str = "// Made from ";
const SOURCES: &[&str] = &[".rs", ".wgsl", ".ts", ".svelte", ".py"];

/// Finds files and shader functions that are too long.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    if !SOURCES.iter().any(|ending| path.ends_with(ending)) || text.starts_with(GENERATED) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let lines = text.lines().count();
    let lines_without_tests = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
    if lines > FILE_LINES_MAX {
        findings.push(Finding::broken(
            path,
            lines,
            format!("{lines} lines; {FILE_LINES_MAX} is the limit: one idea a file"),
        ));
    } else if lines_without_tests > FILE_LINES_WITHOUT_TESTS {
        findings.push(Finding::remark(
            path,
            lines,
            format!("{lines_without_tests} lines without tests; is it one idea?"),
        ));
    }
    if path.ends_with(".wgsl") {
        findings.extend(long_shader_functions(path, text));
    }
    findings
}

/// WGSL as we format it: `fn` at the line's start, its closing brace alone at the line's start.
fn long_shader_functions(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    for (index, line) in text.lines().enumerate() {
        if let Some(rest) = line.strip_prefix("fn ") {
            open = Some((index, rest.split('(').next().unwrap_or(rest)));
        }
        if line.starts_with('}') {
            let Some((start, name)) = open.take() else { continue };
            let length = index - start + 1;
            if length > SHADER_FUNCTION_LINES_MAX {
                findings.push(Finding::broken(
                    path,
                    start + 1,
                    format!("fn {name} has {length} lines; {SHADER_FUNCTION_LINES_MAX} is the limit"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn file_of_601_lines_is_refused_and_of_600_with_tests_is_not() {
        let long = "let a = 1;\n".repeat(601);
        assert!(check("a/src/b.rs", &long)[0].to_string().contains("601 lines"));
        let fair = "let a = 1;\n".repeat(399) + "#[cfg(test)]\n" + &"x\n".repeat(200);
        assert!(check("a/src/b.rs", &fair).is_empty());
    }

    #[test]
    fn prose_and_what_a_program_wrote_may_be_long() {
        assert!(check("docs/a.md", &"word\n".repeat(700)).is_empty());
        let made = "// Made from the commands.\n".to_owned() + &"export type A = 1;\n".repeat(700);
        assert!(check("a/src/b.ts", &made).is_empty());
    }

    #[test]
    fn shader_function_of_71_lines_is_refused_at_its_first_line() {
        let shader = format!("// head\nfn trace(a: u32) {{\n{}}}\n", "  let b = 1;\n".repeat(69));
        let found = check("shaders/a.wgsl", &shader);
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("a.wgsl:2  fn trace has 71 lines"));
        let fits = format!("fn trace() {{\n{}}}\n", "  let b = 1;\n".repeat(68));
        assert!(check("shaders/a.wgsl", &fits).is_empty());
    }
}
