//! Boards that were renamed between versions.

use crate::distribution::Distribution;
use crate::timeline::{Release, crossed};

impl Distribution {
    /// What the board an installed system calls `board` is called in another version.
    pub fn rename_board<'a>(
        &self,
        from: impl Into<Release<'a>>,
        to: impl Into<Release<'a>>,
        board: &str,
    ) -> String {
        let mut name = board.to_owned();
        for step in crossed(self, from.into(), to.into()) {
            let mut boards = step.step.boards.iter().filter(|_| step.is_whole());
            if let Some(rename) = boards.find(|rename| rename.from.value == name) {
                name.clone_from(&rename.to.value);
            }
        }
        name
    }
}
