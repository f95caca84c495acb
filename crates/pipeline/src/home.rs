//! The folder that one installation lives in: configuration, store, inbox, keys.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use facteur_model::clock::{Clock as _, SystemClock};
use facteur_store::{Store, Structure};
use facteur_transmit::chorus_pro;
use facteur_transmit::secrets::SecretReference;

use crate::config::{Archive, Check, Configuration, Deposit, Folders, Gateways, LegalPerson, Role, Seal, StorePlace};
use crate::error::PipelineError;
use crate::lock::Lock;
use crate::nightly::Nightly;
use crate::store_place::prepared;

/// Name of the configuration file in a home.
pub const CONFIGURATION: &str = "facteur.toml";
/// Name of the store in a home.
pub const STORE: &str = "facteur.db";

/// Held by the worker of an embedded store.
const WORKER_LOCK: &str = "worker.lock";

/// A home that exists.
#[derive(Debug, Clone)]
pub struct Home {
    /// The folder.
    pub root: PathBuf,
    /// Its configuration.
    pub configuration: Configuration,
}

/// What `facteur init` is told.
#[derive(Debug, Clone)]
pub struct Init {
    /// Make a demonstration.
    pub demo: bool,
    /// Address of the gateway; the simulator's in a demonstration.
    pub gateway: Option<String>,
    /// SIRET of the structure.
    pub siret: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its role.
    pub role: Option<Role>,
}

/// Where the simulator listens in a demonstration.
pub const DEMO_GATEWAY: &str = "http://127.0.0.1:8090";
/// The invented structure of the demonstration (its SIRET passes the Luhn check).
const DEMO_SIRET: &str = "40483304800022";
const DEMO_NAME: &str = "Centre de facturation de Valbrume (démonstration)";

impl Home {
    /// Opens the home in `root`.
    ///
    /// # Errors
    /// There is none, or its configuration cannot be used.
    pub fn open(root: &Path) -> Result<Self, PipelineError> {
        let path = root.join(CONFIGURATION);
        if !path.exists() {
            return Err(PipelineError::NoHome(root.to_owned()));
        }
        Ok(Self { root: root.to_owned(), configuration: Configuration::read(&path)? })
    }

    /// Makes a home: folders (mode 0700), configuration, keys of a demonstration.
    ///
    /// # Errors
    /// There is one already, or the folder cannot be written.
    pub fn init(root: &Path, init: &Init) -> Result<Self, PipelineError> {
        if root.join(CONFIGURATION).exists() {
            return Err(PipelineError::HomeExists(root.to_owned()));
        }
        let configuration = configuration(init);
        acceptable(&configuration)?;
        make_folder(root)?;
        let folders = &configuration.folders;
        for folder in [&folders.inbox, &folders.work, &folders.done, &folders.refused, &folders.packs] {
            make_folder(&root.join(folder))?;
        }
        let keys = root.join("keys");
        make_folder(&keys)?;
        if init.demo {
            demonstration_keys(&keys)?;
        }
        // The configuration comes last: with it the folder is a home.
        write_private(&root.join(CONFIGURATION), page(&configuration)?.as_bytes())?;
        Self::open(root)
    }

    /// A path of the configuration, which is relative to the home unless it is absolute.
    #[must_use]
    pub fn path(&self, configured: &Path) -> PathBuf {
        self.root.join(configured)
    }

    /// An embedded store has one worker at a time; a server shares its work between as many as there are.
    ///
    /// # Errors
    /// [`PipelineError::Busy`]: another worker is at work here.
    pub fn lock_worker(&self) -> Result<Lock, PipelineError> {
        Lock::take(&self.root.join(WORKER_LOCK))
    }

    /// Opens the store and registers the structure.
    ///
    /// # Errors
    /// The store cannot be opened or written, or it is that of another legal person.
    pub async fn store(&self) -> Result<Store, PipelineError> {
        let location = self.location()?;
        if let Some(path) = location.file() {
            prepared(path)?;
        }
        let store = Store::open(&location).await?;
        let (person, structure) = (&self.configuration.legal_person, &self.configuration.structure);
        if let Some((siren, name)) = store.other_legal_person(&person.siren).await? {
            store.close().await;
            return Err(PipelineError::OtherLegalPerson { siren, name });
        }
        let now = SystemClock.now();
        let registered = Structure {
            siren: person.siren.clone(),
            siret: structure.siret.clone(),
            name: structure.name.clone(),
            role: structure.role.as_str().to_owned(),
            gateway: self.configuration.gateway.chorus_pro.as_ref().map(|_| "chorus-pro".to_owned()),
        };
        store.register(&registered, now).await?;
        Ok(store)
    }
}

/// What can be told to be wrong before anything is made. Check digits are not looked at: the structures of the
/// gateway's own qualification data set fail them.
fn acceptable(configuration: &Configuration) -> Result<(), PipelineError> {
    let siret = &configuration.structure.siret;
    if siret.len() != 14 || !siret.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PipelineError::Siret(siret.clone()));
    }
    let loopback = configuration.gateway.chorus_pro.as_ref().is_none_or(chorus_pro::Configuration::is_loopback);
    if configuration.demo && !loopback { Err(PipelineError::DemoGateway) } else { Ok(()) }
}

fn configuration(init: &Init) -> Configuration {
    let siret = init.siret.clone().unwrap_or_else(|| DEMO_SIRET.to_owned());
    let name = init.name.clone().unwrap_or_else(|| DEMO_NAME.to_owned());
    let role = init.role.unwrap_or(Role::FilingAgent);
    let address = init.gateway.clone().or_else(|| init.demo.then(|| DEMO_GATEWAY.to_owned()));
    let deposit = if init.demo { demonstration_patience() } else { Deposit::default() };
    Configuration {
        demo: init.demo,
        legal_person: LegalPerson { siren: siret.chars().take(9).collect(), name: name.clone() },
        structure: crate::config::Structure { siret, name, role },
        store: StorePlace::default(),
        folders: Folders { quiet_seconds: if init.demo { 0 } else { 5 }, ..Folders::default() },
        check: Check::default(),
        seal: Seal::default(),
        deposit,
        draft: crate::config::Drafts::default(),
        archive: Archive::default(),
        timestamp: None,
        gateway: Gateways { chorus_pro: Some(gateway(address.as_deref(), role)) },
        report: facteur_report::configuration::Configuration::default(),
        nightly: Nightly::default(),
    }
}

/// The simulator integrates in seconds: a demonstration waits seconds where the real gateway takes hours.
fn demonstration_patience() -> Deposit {
    Deposit {
        settle_after_seconds: 20,
        poll_first_seconds: 1,
        poll_max_seconds: 4,
        status_seconds: 1,
        retry_first_seconds: 1,
        retry_max_seconds: 8,
        ..Deposit::default()
    }
}

fn gateway(address: Option<&str>, role: Role) -> chorus_pro::Configuration {
    let keys = Path::new("keys");
    let mut configuration = match address {
        Some(base) => chorus_pro::Configuration::below(base, keys),
        None => {
            let mut configuration = chorus_pro::Configuration::below("https://invalid", keys);
            configuration.token_url = chorus_pro::SANDBOX_TOKEN_URL.to_owned();
            configuration.api_url = chorus_pro::SANDBOX_API_URL.to_owned();
            configuration
        }
    };
    configuration.role = match role {
        Role::FilingAgent => chorus_pro::Role::OnBehalf,
        _ => chorus_pro::Role::Supplier,
    };
    configuration
}

fn demonstration_keys(keys: &Path) -> Result<(), PipelineError> {
    let (key, certificate) = facteur_sign::generate_demo_identity(SystemClock.now())
        .map_err(|error| PipelineError::Seal(error.to_string()))?;
    write_private(&keys.join("seal.key"), &key)?;
    write_private(&keys.join("seal.pem"), &certificate)?;
    let secrets = [
        ("piste-client-id", "facteur-demo"),
        ("piste-client-secret", "facteur-demo-secret"),
        ("chorus-pro-login", "TECH_1_demo@cpro.fr"),
        ("chorus-pro-password", "demo"),
    ];
    secrets.iter().try_for_each(|(name, value)| write_private(&keys.join(name), value.as_bytes()))
}

/// A folder for its owner only, also where it was there before.
pub(crate) fn make_folder(path: &Path) -> Result<(), PipelineError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o700))).map_err(PipelineError::file(path))
}

pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), PipelineError> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(PipelineError::file(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(PipelineError::file(path))
}

/// The configuration file, with a word of explanation in French and English.
fn page(configuration: &Configuration) -> Result<String, PipelineError> {
    let body = toml::to_string_pretty(configuration)
        .map_err(|error| PipelineError::NotACorrection(format!("the configuration cannot be written: {error}")))?;
    Ok(format!(
        "# facteur : configuration de cette installation (docs/reference/configuration.md).\n\
         # facteur: configuration of this installation.\n\
         # Les secrets n'y figurent jamais : « file:CHEMIN » ou « env:NOM ». Secrets are given by reference only.\n\n{body}"
    ))
}

/// A reference to a secret in a file of the home; for tests and `init`.
#[must_use]
pub fn secret_file(name: &str) -> SecretReference {
    SecretReference::File(Path::new("keys").join(name))
}
