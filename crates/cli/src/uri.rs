//! `redis://[[user]:password@]host[:port][/database]`

use anyhow::{Context, bail};

use crate::connection::Target;

/// Puts what `text` names into `target`; what it does not name stays.
pub(crate) fn apply(text: &str, target: &mut Target) -> anyhow::Result<()> {
    let Some(rest) = text.strip_prefix("redis://") else { bail!("it must begin with redis://") };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = match authority.rsplit_once('@') {
        None => authority,
        Some((credentials, address)) => {
            let (user, password) = credentials.split_once(':').unwrap_or(("", credentials));
            target.user = (!user.is_empty()).then(|| decode(user)).transpose()?;
            target.password = Some(decode(password)?);
            address
        }
    };
    let (host, port) = match address.strip_prefix('[').and_then(|address| address.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').context("a colon must follow ']'")?)),
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    if !host.is_empty() {
        target.host = decode(host)?;
    }
    if let Some(port) = port {
        target.port = port.parse().with_context(|| format!("port '{port}' is not a number from 0 to 65535"))?;
    }
    if !path.is_empty() {
        target.database = path.parse().with_context(|| format!("database '{path}' is not a number"))?;
    }
    Ok(())
}

/// Resolves `%41` and the like.
fn decode(text: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let (digits, after) = rest.split_at_checked(2).context("two digits must follow '%'")?;
            let digits = str::from_utf8(digits).context("two digits must follow '%'")?;
            bytes.push(u8::from_str_radix(digits, 16).context("two hexadecimal digits must follow '%'")?);
            rest = after;
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).context("it is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> anyhow::Result<String> {
        let mut target =
            Target { host: "default".to_owned(), port: 1, user: None, password: None, database: 0, resp3: false };
        apply(text, &mut target)?;
        let Target { host, port, user, password, database, .. } = target;
        Ok(format!(
            "{host} {port} {} {} {database}",
            user.as_deref().unwrap_or("-"),
            password.as_deref().unwrap_or("-")
        ))
    }

    #[test]
    fn parts_may_be_left_out() {
        for (text, expected) in [
            ("redis://", "default 1 - - 0"),
            ("redis://h", "h 1 - - 0"),
            ("redis://h:2/3", "h 2 - - 3"),
            ("redis://:pw@h", "h 1 - pw 0"),
            ("redis://pw@h", "h 1 - pw 0"),
            ("redis://u%20x:p%40@h:2/", "h 2 u x p@ 0"),
            ("redis://u:p@q@h", "h 1 u p@q 0"),
            ("redis://[::1]:7/1", "::1 7 - - 1"),
        ] {
            assert_eq!(applied(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn bad_ones_are_refused() {
        for text in
            ["http://h", "redis://h:x", "redis://h:70000", "redis://h/x", "redis://%4", "redis://%zz", "redis://[::1]7"]
        {
            assert!(applied(text).is_err(), "{text}");
        }
    }
}
