//! The command `backup`: a copy of the database, also while it is served and written.

use std::{
    fs::{self, File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
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
        return Err(exists(&file));
    }
    let cannot = |cause: std::io::Error| format!("cannot write {}: {cause}", file.display());
    let copy = Unfinished::beside(&file).map_err(cannot)?;
    let path = copy.0.to_str().ok_or("the name of the file must be UTF-8")?;
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [path.into()]);
    database.connection().execute_raw(statement).await?;
    File::open(&copy.0).and_then(|copy| copy.sync_all()).map_err(cannot)?;
    copy.publish(&file)?;
    say(&format_args!("backed up to {}: {} bytes", file.display(), fs::metadata(&file)?.len()));
    Ok(())
}

fn exists(file: &Path) -> Failed {
    format!("{} exists already: name a file that does not", file.display()).into()
}

/// A file that gets its name when it is complete. Until then, it has another one, and it is removed if that never comes.
struct Unfinished(PathBuf);

impl Unfinished {
    /// An empty file, which `SQLite` fills. It is nobody else's: it will have what is not public.
    fn beside(file: &Path) -> std::io::Result<Self> {
        let name = file.file_name().ok_or(ErrorKind::InvalidFilename)?;
        let unfinished = file.with_file_name(format!(".{}.unfinished", name.to_string_lossy()));
        // What a backup has left that was killed.
        let _ = fs::remove_file(&unfinished);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        Ok(Self(unfinished))
    }

    /// Gives the file its name, which no other file has got meanwhile.
    fn publish(self, file: &Path) -> Result<(), Failed> {
        match fs::hard_link(&self.0, file) {
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Err(exists(file)),
            // Some file systems have no links.
            Err(_) => fs::rename(&self.0, file)?,
            Ok(()) => {}
        }
        // The name is on disk, too.
        let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(File::open(directory)?.sync_all()?)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a link, it is the other name of the file.
        let _ = fs::remove_file(&self.0);
    }
}
