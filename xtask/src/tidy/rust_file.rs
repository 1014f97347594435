//! A Rust file with its literals and comments told apart from its code, line for line, so that a
//! rule can look for a word without finding it where it is only spoken of. This is a scanner for
//! tokens that hide text, not a parser.

/// One `*.rs` file. The masked texts have the same lines as the original, with blanks for what they
/// leave out.
pub(crate) struct RustFile {
    pub(crate) path: String,
    pub(crate) text: String,
    /// Without comments and literals.
    pub(crate) code: String,
    /// Without literals.
    pub(crate) unquoted: String,
}

impl RustFile {
    pub(crate) fn new(path: String, text: String) -> Self {
        let mut code = String::with_capacity(text.len());
        let mut unquoted = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (token, length) = Token::first_of(rest);
            let (piece, tail) = rest.split_at(length);
            rest = tail;
            let blank = blank(piece);
            code.push_str(if token == Token::Code { piece } else { &blank });
            unquoted.push_str(if token == Token::Literal {
                &blank
            } else {
                piece
            });
        }
        Self {
            path,
            text,
            code,
            unquoted,
        }
    }

    /// Whether the file holds nothing but tests and what they need.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.rsplit('/');
        parts.next() == Some("tests.rs") || parts.any(|folder| folder == "tests")
    }

    /// Whether a program wrote it.
    pub(crate) fn is_generated(&self) -> bool {
        self.text
            .lines()
            .next()
            .is_some_and(|line| line.contains("@generated"))
    }

    /// Every `keyword name` pair of the code with its line: declarations, for keywords that
    /// declare.
    pub(crate) fn declarations(&self) -> impl Iterator<Item = Declaration<'_>> {
        self.code.lines().zip(1..).flat_map(|(text, line)| {
            let words = text.split_whitespace();
            words
                .clone()
                .zip(words.skip(1))
                .map(move |(before, after)| Declaration {
                    keyword: before.rsplit(|c| !is_word(c)).next().unwrap_or_default(),
                    name: after.split(|c| !is_word(c)).next().unwrap_or_default(),
                    line,
                })
        })
    }
}

/// A word and the word after it, as in `struct Grant`.
pub(crate) struct Declaration<'a> {
    pub(crate) keyword: &'a str,
    pub(crate) name: &'a str,
    pub(crate) line: usize,
}

/// Whether `c` can stand inside an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Code,
    Comment,
    Literal,
}

impl Token {
    /// The first token of `text`, which is not empty, and its length in bytes.
    fn first_of(text: &str) -> (Self, usize) {
        if text.starts_with("//") {
            return (Self::Comment, text.find('\n').unwrap_or(text.len()));
        }
        if text.starts_with("/*") {
            return (Self::Comment, block_comment(text));
        }
        if let Some(tail) = text.strip_prefix('\'') {
            let length = character(tail);
            let token = if length == 0 {
                Self::Code
            } else {
                Self::Literal
            };
            return (token, 1 + length);
        }
        let word = text.find(|c| !is_word(c)).unwrap_or(text.len());
        let (prefix, tail) = text.split_at(word);
        match prefix {
            "" | "b" | "c" if tail.starts_with('"') => (Self::Literal, word + string(tail)),
            "r" | "br" | "cr" if tail.trim_start_matches('#').starts_with('"') => {
                (Self::Literal, word + raw_string(tail))
            }
            "" => (Self::Code, text.chars().next().map_or(0, char::len_utf8)),
            _ => (Self::Code, word),
        }
    }
}

/// The length of the comment `text` begins with; comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else if let Some(next) = rest.chars().next() {
            at += next.len_utf8();
        } else {
            break;
        }
    }
    text.len()
}

/// The length of what follows the opening quote of a character, closing quote included; 0 if the
/// quote opens a lifetime.
fn character(tail: &str) -> usize {
    let mut chars = tail.char_indices();
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some(_)) => chars
            .find(|&(_, c)| c == '\'')
            .map_or(tail.len(), |(at, _)| at + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// The length of the string `text` begins with, quotes included.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the raw string that begins, after its `r`, with `text`.
fn raw_string(text: &str) -> usize {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    let body = hashes + 1;
    let closing = text.get(body..).and_then(|rest| rest.find(&end));
    closing.map_or(text.len(), |at| body + at + end.len())
}

fn blank(piece: &str) -> String {
    piece
        .chars()
        .map(|c| if c == '\n' { '\n' } else { ' ' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> (String, String) {
        let file = RustFile::new("crates/mira-x/src/lib.rs".to_owned(), text.to_owned());
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        (squeeze(&file.code), squeeze(&file.unquoted))
    }

    #[test]
    fn comments_are_not_code() {
        let (code, unquoted) = masked("a(); // hush\n/* one /* two */ still */ b();");
        assert_eq!(code, "a(); b();");
        assert_eq!(unquoted, "a(); // hush /* one /* two */ still */ b();");
    }

    #[test]
    fn literals_are_neither_code_nor_comment() {
        for literal in [
            r#""hush // \" hush""#,
            r##"r#"hush " hush"#"##,
            r#"b"hush""#,
            r#"br"hush\""#,
            r"'\''",
            "'\"'",
            "b'h'",
        ] {
            let (code, unquoted) = masked(&format!("a({literal}); c()"));
            assert!(
                !code.contains("hush") && code.ends_with("; c()"),
                "{literal}: {code}"
            );
            assert_eq!(code, unquoted, "{literal}");
        }
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        let (code, _) = masked("fn r#match<'a, 'b>(x: &'a str) {}");
        assert_eq!(code, "fn r#match<'a, 'b>(x: &'a str) {}");
    }

    #[test]
    fn lines_stay_where_they_were() {
        let text = "let a = \"one\ntwo\";\n/*\n*/ fn b() {}\n";
        let file = RustFile::new("x.rs".to_owned(), text.to_owned());
        assert_eq!(file.code.lines().count(), 4);
        let declared = file
            .declarations()
            .find(|d| d.keyword == "fn")
            .map(|d| (d.name, d.line));
        assert_eq!(declared, Some(("b", 4)));
    }

    #[test]
    fn tests_are_known_by_their_place() {
        let is_test = |path: &str| RustFile::new(path.to_owned(), String::new()).is_test();
        assert!(is_test("crates/mira-x/tests/it/main.rs"));
        assert!(is_test("crates/mira-x/src/state/tests.rs"));
        assert!(!is_test("crates/mira-x/src/latests.rs"));
    }
}
