//! The body of a message, written once and shown twice: as plain text and as simple HTML with the same words.

use crate::Link;

/// The blocks of a body in order. Their texts may be anything; they are made safe for each form here.
#[derive(Debug, Default)]
pub(crate) struct Body {
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Heading(String),
    Paragraph(String),
    Facts(Vec<(&'static str, String)>),
    Button { label: String, link: Link },
    Footer(Vec<String>),
}

impl Body {
    pub(crate) fn new(heading: &str) -> Self {
        Self { blocks: vec![Block::Heading(one_line(heading))] }
    }

    pub(crate) fn paragraph(mut self, text: &str) -> Self {
        self.blocks.push(Block::Paragraph(one_line(text)));
        self
    }

    /// Labelled facts, such as when and where.
    pub(crate) fn facts<const N: usize>(mut self, facts: [(&'static str, String); N]) -> Self {
        let facts = facts.into_iter().filter(|(_, fact)| !fact.trim().is_empty());
        self.blocks.push(Block::Facts(facts.map(|(label, fact)| (label, one_line(&fact))).collect()));
        self
    }

    pub(crate) fn button(mut self, label: &str, link: &Link) -> Self {
        self.blocks.push(Block::Button { label: label.to_owned(), link: link.clone() });
        self
    }

    /// The closing lines; empty ones are left out.
    pub(crate) fn footer(mut self, lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| one_line(line)).filter(|line| !line.is_empty());
        self.blocks.push(Block::Footer(lines.collect()));
        self
    }

    /// The body as plain text: paragraphs apart by an empty line, links on a line of their own.
    pub(crate) fn to_text(&self) -> String {
        let blocks = self.blocks.iter().map(|block| match block {
            Block::Heading(text) | Block::Paragraph(text) => text.clone(),
            Block::Facts(facts) => {
                facts.iter().map(|(label, fact)| format!("{label}: {fact}")).collect::<Vec<_>>().join("\n")
            }
            Block::Button { label, link } => format!("{label}:\n{}", link.as_str()),
            Block::Footer(lines) => format!("-- \n{}", lines.join("\n")),
        });
        blocks.collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// The body as an HTML page with inline styles, which is what mail programs read.
    pub(crate) fn to_html(&self, title: &str) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n</head>\n\
             <body style=\"margin:0;background:#f7f3ee;color:#23201d;font:17px/1.55 Georgia,serif\">\n\
             <div style=\"max-width:34em;margin:0 auto;padding:2em 1.25em\">\n",
            escaped(title)
        );
        for block in &self.blocks {
            page += &block_html(block);
        }
        page + "</div>\n</body>\n</html>\n"
    }
}

fn block_html(block: &Block) -> String {
    match block {
        Block::Heading(text) => {
            format!(
                "<h1 style=\"font-size:1.5em;font-weight:normal;margin:0 0 1em\">{}</h1>\n",
                escaped(text)
            )
        }
        Block::Paragraph(text) => format!("<p style=\"margin:0 0 1em\">{}</p>\n", escaped(text)),
        Block::Facts(facts) => {
            let facts: String = facts
                .iter()
                .map(|(label, fact)| format!("<strong>{}:</strong> {}<br>\n", escaped(label), escaped(fact)))
                .collect();
            format!("<p style=\"margin:0 0 1em;padding:1em;background:#ffffff\">\n{facts}</p>\n")
        }
        Block::Button { label, link } => format!(
            "<p style=\"margin:0 0 1em\"><a href=\"{}\" style=\"display:inline-block;padding:.8em 1.4em;\
             background:#23201d;color:#ffffff;text-decoration:none\">{}</a></p>\n",
            escaped(link.as_str()),
            escaped(label)
        ),
        Block::Footer(lines) => {
            let lines: Vec<_> = lines.iter().map(|line| escaped(line)).collect();
            format!(
                "<p style=\"margin:2em 0 0;padding-top:1em;border-top:1px solid #d8cfc4;font-size:.9em\">{}</p>\n",
                lines.join("<br>\n")
            )
        }
    }
}

/// `text` on one line: each run of white space, line breaks and control characters becomes one space.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// `text` with everything escaped that means something in HTML, inside attributes too.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_one_line() {
        for (text, expected) in [
            ("Harbour Clinic", "Harbour Clinic"),
            (" a\r\nBcc: b\t\u{2028}c\0d \u{85}", "a Bcc: b c d"),
            ("\n", ""),
        ] {
            assert_eq!(one_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn html_is_escaped_everywhere() {
        let link: Link = "https://a.example/?a=1&b='2'".parse().unwrap();
        let attack = "<script>alert(\"1\")</script>'&";
        let body = Body::new(attack)
            .paragraph(attack)
            .facts([("When", attack.to_owned())])
            .button(attack, &link)
            .footer(&[attack]);
        let html = body.to_html(attack);
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;").count(), 6);
        assert!(html.contains("href=\"https://a.example/?a=1&amp;b=&#39;2&#39;\""), "{html}");
        assert_eq!(body.to_text().matches(attack).count(), 5);
    }
}
