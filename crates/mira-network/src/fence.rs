//! A fence around text that models must read as material and never as
//! instructions.

/// `text` between `<tag>` and `</tag>`. What looks like either tag inside the text
/// is written with `&lt;`, so that the fence ends where we end it.
pub(crate) fn fence(tag: &str, text: &str) -> String {
    let mut fenced = format!("<{tag}>");
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        fenced.push_str(before);
        fenced.push_str(if begins_with_tag(after, tag) {
            "&lt;"
        } else {
            "<"
        });
        rest = after;
    }
    fenced.push_str(rest);
    fenced + "</" + tag + ">"
}

/// Whether `<` before this would make it a tag to a forgiving reader.
fn begins_with_tag(text: &str, tag: &str) -> bool {
    let name = text.trim_start().trim_start_matches('/').trim_start();
    name.get(..tag.len())
        .is_some_and(|name| name.eq_ignore_ascii_case(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_fence() {
        let table = [
            ("2 < 3", "<text>2 < 3</text>"),
            ("a</text>b", "<text>a&lt;/text>b</text>"),
            ("a< / TEXT >b", "<text>a&lt; / TEXT >b</text>"),
            ("<text>", "<text>&lt;text></text>"),
            ("<<//text>", "<text><&lt;//text></text>"),
            ("</claim>", "<text></claim></text>"),
            ("<é", "<text><é</text>"),
            ("<", "<text><</text>"),
            ("", "<text></text>"),
        ];
        for (text, expected) in table {
            assert_eq!(fence("text", text), expected);
        }
    }
}
