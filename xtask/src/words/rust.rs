//! `w!("…")` and `many!("…", "…")` in Rust, found by its tokens.
//!
//! Comments and other strings are not mistaken for sentences, and sentences within sentences, or in
//! other macros, are found, which a search in the text could not do.

use anyhow::bail;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::sentences::Sentence;

/// The sentences of a Rust source, without those of its tests.
pub(super) fn sentences(source: &str) -> anyhow::Result<Vec<Sentence>> {
    let tokens = source.parse::<TokenStream>();
    let tokens = tokens.map_err(|error| anyhow::anyhow!("this is no Rust: {error}"))?;
    let mut found = Vec::new();
    walk(tokens, &mut found)?;
    Ok(found)
}

fn walk(tokens: TokenStream, found: &mut Vec<Sentence>) -> anyhow::Result<()> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        if is_test(&tokens[place..]) {
            place += item_length(&tokens[place..]);
            continue;
        }
        if let Some((name, arguments)) = call(&tokens[place..]) {
            found.extend(sentence(&name, arguments)?);
        }
        if let TokenTree::Group(group) = token {
            walk(group.stream(), found)?;
        }
        place += 1;
    }
    Ok(())
}

/// Whether an item that is there for tests only begins here.
fn is_test(tokens: &[TokenTree]) -> bool {
    match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] => {
            hash.as_char() == '#' && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
        }
        _ => false,
    }
}

/// How many tokens an item has: it ends with its body, or with a semicolon.
fn item_length(tokens: &[TokenTree]) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';',
        _ => false,
    };
    let end = tokens.iter().position(ends);
    end.map_or(tokens.len(), |end| end + 1)
}

/// The macro called here and its arguments.
fn call(tokens: &[TokenTree]) -> Option<(String, TokenStream)> {
    match tokens {
        [
            TokenTree::Ident(name),
            TokenTree::Punct(mark),
            TokenTree::Group(group),
            ..,
        ] if mark.as_char() == '!' => Some((name.to_string(), group.stream())),
        _ => None,
    }
}

fn sentence(name: &str, arguments: TokenStream) -> anyhow::Result<Option<Sentence>> {
    let wanted = match name {
        "w" => 1,
        "many" => 2,
        _ => return Ok(None),
    };
    // Commas stand between them.
    let texts = arguments.into_iter().step_by(2).take(wanted);
    let texts = texts
        .map(|token| text(&token))
        .collect::<anyhow::Result<Vec<_>>>()?;
    match texts.as_slice() {
        [one] if wanted == 1 => Ok(Some(Sentence::one(one))),
        [one, many] if texts.iter().any(|text| text.trim() != text) => {
            bail!("blanks around “{one}” or “{many}”, which has a plural: put them outside")
        }
        [one, many] => Ok(Some(Sentence::many(one, many))),
        _ => bail!("{name}! wants {wanted} text(s)"),
    }
}

fn text(token: &TokenTree) -> anyhow::Result<String> {
    let literal = match token {
        TokenTree::Literal(literal) => syn::Lit::new(literal.clone()),
        _ => bail!("a sentence is a text, not `{token}`"),
    };
    match literal {
        syn::Lit::Str(text) => Ok(text.value()),
        _ => bail!("a sentence is a text, not `{token}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_found_wherever_they_stand() {
        let source = r#"
            /// Comments say w!("nothing").
            macro_rules! w { ($text:literal) => { concat!($text) }; }
            const LABEL: &str = w!(" a “b” ");
            fn f() -> Vec<String> {
                let s = "w!(\"text\")";
                vec![w!("outer {0}", many!("{0} c", "{0} cs", n)), other!("d"), w!("e\n\
                    f"), raw(w!(r"g"))]
            }
        "#;
        let found = sentences(source).unwrap();
        let expected = [
            Sentence::one("a “b”"),
            Sentence::one("outer {0}"),
            Sentence::many("{0} c", "{0} cs"),
            Sentence::one("e\nf"),
            Sentence::one("g"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_of_tests_are_left_out() {
        let source = r#"
            #[cfg(test)]
            mod tests;
            fn a() { w!("yes"); }
            #[cfg(test)]
            mod tests { fn f() { w!("no"); } }
            #[cfg(target_arch = "wasm32")]
            fn b() { w!("also"); }
        "#;
        let found = sentences(source).unwrap();
        assert_eq!(found, [Sentence::one("yes"), Sentence::one("also")]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for source in [
            "w!()",
            "w!(text)",
            "w!(1)",
            "many!(\"one\", count)",
            "many!(\" one\", \" all\", count)",
            "w!(\"a\"",
        ] {
            assert!(sentences(source).is_err(), "{source}");
        }
    }
}
