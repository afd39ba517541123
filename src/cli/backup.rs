//! The command `backup`: a copy of the database, also while it is served and written.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Db, Failed, open, say};

#[derive(Args)]
pub(super) struct Backup {
    /// The file that the copy is written to; it must not exist.
    file: PathBuf,
    #[command(flatten)]
    db: Db,
}

pub(super) async fn run(Backup { file, db }: Backup) -> Result<(), Failed> {
    let database = open(&db).await?;
    if database.backend() == DbBackend::Postgres {
        return Err(format!(
            "PostgreSQL is backed up by its own tools. Run\n  pg_dump --format=custom --file='{}' \"$DATABASE_URL\"\nand to \
             restore it into an empty database\n  pg_restore --no-owner --dbname=\"$DATABASE_URL\" '{0}'",
            file.display()
        )
        .into());
    }
    if file.exists() || file.is_symlink() {
        return Err(format!("{} exists already: name a file that does not", file.display()).into());
    }
    // What has its name is whole, also after a power failure.
    let unfinished = Unfinished::beside(&file);
    let copy =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [unfinished.0.to_string_lossy().into()]);
    database.connection().execute_raw(copy).await?;
    // It has everything, also what is not public.
    fs::set_permissions(&unfinished.0, fs::Permissions::from_mode(0o600))?;
    File::open(&unfinished.0)?.sync_all()?;
    fs::hard_link(&unfinished.0, &file).map_err(|cause| format!("cannot write {}: {cause}", file.display()))?;
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()?;
    say(&format_args!("backed up to {}: {} bytes", file.display(), fs::metadata(&file)?.len()));
    Ok(())
}

/// A file that is removed in the end.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(file: &Path) -> Self {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{}.unfinished", std::process::id()));
        Self(name.into())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // There is none if it was never begun.
        let _ = fs::remove_file(&self.0);
    }
}
