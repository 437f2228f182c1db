use std::fmt;

/// An error that knows what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, on one line.
    pub message: String,
    /// What to do about it, on one line.
    pub help: String,
}

impl Failure {
    /// An error with the way out of it.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The one or two lines a person reads: `error: ...`, and `help: ...` where there is any.
pub fn render_error(error: &anyhow::Error) -> String {
    let message = format!("error: {error:#}").replace('\n', " ");
    match error.downcast_ref::<Failure>() {
        None => message,
        Some(failure) => format!("{message}\nhelp: {}", failure.help),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_causes() {
        let error = anyhow::anyhow!("no such\nfile").context("cannot read x");
        assert_eq!(render_error(&error), "error: cannot read x: no such file");
    }

    #[test]
    fn help_survives_added_context() {
        let failure = Failure::new("python3 is missing", "run `apt install python3`");
        let error = Err::<(), _>(failure).context("cannot set up libtorch").unwrap_err();
        assert_eq!(
            render_error(&error),
            "error: cannot set up libtorch: python3 is missing\nhelp: run `apt install python3`"
        );
    }
}
