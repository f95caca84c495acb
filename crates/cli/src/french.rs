//! The help in French: what `args.rs` says in English, and the words that the parser itself puts around it.

use clap::Command;

const ABOUT: &str = "Factures vers le Trésor public : lues, contrôlées, scellées, déposées, suivies jusqu'au paiement";

/// A command by its path, what it does, and its arguments. Every command and argument of `args.rs` is here: a test
/// compares.
type Page = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const WHICH: &str = "Identifiant (ou une partie qui n'en désigne qu'une) ou numéro";
const WHY: (&str, &str) = ("why", "Pourquoi, pour le journal");
/// One case or many: the same for every hand.
const HAND: &[(&str, &str)] = &[
    ("ids", "Identifiants (ou parties qui n'en désignent qu'une) ou numéros"),
    ("why", "Pourquoi, pour le journal ; obligatoire pour plusieurs dossiers à la fois"),
    ("state", "Tous les dossiers dans ces états ; sans cela, dans ceux où la commande est possible"),
    ("supplier", "Tous les dossiers de ce fournisseur : partie de son nom, SIREN ou SIRET"),
    ("recipient", "Tous les dossiers de ce destinataire : partie de son nom, ou SIRET"),
    ("reason", "Tous les dossiers pour ce motif : son code, ou la règle qui a échoué"),
    ("older_than", "Tous les dossiers dans leur état depuis au moins ce nombre de jours"),
    ("all_matching", "Tous les dossiers qui correspondent, même au-delà de cent"),
    ("dry_run", "Montrer les dossiers, sans rien changer"),
    ("yes", "Ne pas demander de confirmation"),
    ("expect", "Seulement si ce nombre exact de dossiers correspond"),
];
const ONLY: (&str, &str) = ("ids", "Ces factures seulement, par identifiant ou numéro");

const SELECTION: &[(&str, &str)] = &[
    ("ids", "Identifiants (ou parties qui n'en désignent qu'une) ou numéros"),
    ("supplier", "Toutes celles de ce fournisseur : partie de son nom, SIREN ou SIRET"),
    ("state", "Toutes celles dans ces états"),
    ("from", "Reçues à partir de ce jour : AAAA-MM-JJ"),
    ("to", "Reçues jusqu'à ce jour inclus"),
    WHY,
];

const PAGES: &[Page] = &[
    (
        "",
        ABOUT,
        &[
            ("home", "Dossier de l'installation"),
            ("lang", "Langue : fr ou en ; par défaut celle du système"),
            ("format", "Présentation des données : text pour les personnes, json pour les programmes"),
            ("log_format", "Présentation des lignes de trace sur la sortie d'erreur ; leur niveau : FACTEUR_LOG"),
            ("packs", "Dossier des schémas installés"),
        ],
    ),
    (
        "init",
        "Préparer un dossier : configuration, base, boîte de dépôt, clés",
        &[
            ("dir", "Où le préparer"),
            ("demo", "Une démonstration : clé propre, portail sur cette machine"),
            ("gateway", "Adresse du portail"),
            ("siret", "SIRET de la structure"),
            ("name", "Nom de la structure"),
            (
                "role",
                "Ce que fait la structure : issuer (émetteur), filing-agent (mandataire), recipient (destinataire)",
            ),
        ],
    ),
    ("directory", "Ce que demandent les destinataires (annuaire)", &[]),
    (
        "directory sync",
        "Interroger le portail sur des destinataires ; sans argument, sur tous ceux des factures enregistrées",
        &[("sirets", "SIRET de destinataires")],
    ),
    (
        "directory import",
        "Lire des destinataires dans un fichier, un objet JSON par ligne",
        &[
            ("file", "Le fichier"),
            ("complete", "Le fichier est l'annuaire entier : qui n'y figure pas est inconnu du portail"),
            ("as_of", "Le jour auquel l'annuaire entier a été établi, si ce n'est pas aujourd'hui"),
        ],
    ),
    (
        "directory show",
        "Ce que demande un destinataire ; sans argument, ce que contient la copie",
        &[("siret", "Son SIRET")],
    ),
    (
        "import",
        "Importer : fichiers, dossiers, .zip, .tar.gz ; sans argument, la boîte de dépôt",
        &[("paths", "Fichiers, dossiers, archives ; sans argument, la boîte de dépôt")],
    ),
    (
        "check",
        "Contrôler des documents sans rien enregistrer",
        &[
            ("layers", "Ces couches exactement : syntax, xsd, reading, en16931, factur-x, ctc-fr, br-fr, chorus-pro"),
            ("context", "Le circuit dont les règles s'appliquent : cpro-historic, afnor ou plain"),
            (
                "received",
                "Comme une facture reçue : les règles avertissent sans jamais refuser, ce qui permet d'agir vient en \
                 premier. C'est le cas d'office dans le dossier d'un destinataire",
            ),
            ("html", "Écrire dans ce dossier une page HTML par document"),
            ("svrl", "Écrire dans ce dossier les constats de chaque document, en SVRL"),
            ("paths", "Fichiers et dossiers"),
        ],
    ),
    (
        "report",
        "Ce que lisent les comptables : les rapports",
        &[
            (
                "name",
                "Lequel : jour, attente, rejets, delais, interets, activite, audit, rapprochement, fin-annee, \
                 deja-payees, maire, factures ; --format accepte aussi csv, html et xlsx",
            ),
            ("subject", "La facture, pour une piste d'audit : identifiant (ou une partie) ou numéro"),
            ("from", "Reçues à partir de ce jour : AAAA-MM-JJ"),
            ("to", "Reçues jusqu'à ce jour inclus"),
            ("state", "Ces états seulement"),
            ("supplier", "Ce fournisseur seulement : partie de son nom, SIREN ou SIRET"),
            ("recipient", "Ce destinataire seulement : partie de son nom, ou SIRET"),
            ("service", "Ce code service seulement"),
            (
                "budget",
                "Ce budget seulement, tel que facteur.toml le décrit ([[report.budget]]) : une facture ne dit pas le sien",
            ),
            ("min", "Au moins ce montant TTC ; un avoir compte en négatif"),
            ("max", "Au plus ce montant TTC"),
            ("older_than", "Dans leur état depuis au moins ce nombre de jours"),
            (
                "group_by",
                "Nombres et sommes par state, supplier, recipient, service, budget, month, reason, amount ou age \
                 (rapport factures)",
            ),
            (
                "payer",
                "Qui paie, pour la durée du délai : state, local_authority, health_establishment, public_enterprise",
            ),
            ("rates", "Une table des taux de la BCE qui complète celle du programme"),
            ("sheets_per_invoice", "Feuilles de papier qu'une facture aurait prises, pour l'estimation des économies"),
            ("postage", "Affranchissement qu'une facture aurait coûté, en euros, pour la même estimation"),
            ("out", "Écrire dans ce fichier, entier ou pas du tout ; son extension choisit le format"),
        ],
    ),
    ("send", "Déposer ce qui est prêt", &[ONLY, ("dry_run", "Montrer ce qui serait déposé, sans rien envoyer")]),
    (
        "follow",
        "Suivre ce qui est déposé",
        &[
            ONLY,
            ("all", "Interroger le portail pour toutes, même avant l'heure"),
            ("wait", "Continuer jusqu'à ce que rien ne soit en route, au plus ce nombre de secondes"),
        ],
    ),
    (
        "run",
        "Boîte de dépôt, envoi, suivi : une tournée complète",
        &[("wait", "Suivre jusqu'à ce que rien ne soit en route, au plus ce nombre de secondes")],
    ),
    (
        "work",
        "Déposer et suivre sans arrêt, jusqu'à la demande d'arrêt",
        &[
            ("metrics", "Montrer les mesures (texte Prometheus) à cette adresse, sur cette machine seulement"),
            ("until_idle", "Terminer quand plus rien n'est en route"),
        ],
    ),
    (
        "nightly",
        "La tournée de nuit : boîte de dépôt, envoi, suivi, rapports, courriel",
        &[
            ("dry_run", "Montrer ce qu'elle ferait, sans rien changer"),
            ("any_time", "Commencer quelle que soit l'heure"),
            ("mail_only", "Seulement remettre les résumés que des nuits précédentes n'ont pas pu remettre"),
            ("last", "Seulement montrer de nouveau la dernière nuit"),
        ],
    ),
    (
        "install-timer",
        "Installer la minuterie qui lance la tournée de nuit",
        &[
            ("at", "Heure du début : HH:MM, à l'heure de Paris (cron : à celle de la machine)"),
            ("user", "Pour vous seul, pas pour toute la machine"),
            ("cron", "Une ligne pour cron au lieu d'unités systemd"),
            ("print", "Montrer les fichiers, sans rien écrire"),
            ("force", "Remplacer aussi un fichier modifié à la main"),
            ("dir", "Dossier des fichiers, au lieu du dossier habituel"),
        ],
    ),
    (
        "status",
        "Où en est chaque facture",
        &[
            ("summary", "Les nombres par état seulement"),
            ("state", "Ces états seulement"),
            ("supplier", "Ce fournisseur seulement : partie de son nom, SIREN ou SIRET"),
            ("number", "Ce numéro seulement"),
            ("flow", "Ce flux seulement"),
            ("limit", "Au plus ce nombre"),
        ],
    ),
    ("show", "Tout sur une facture", &[("id", WHICH)]),
    (
        "convert",
        "Écrire une facture dans une autre syntaxe, ou pour un autre circuit",
        &[
            ("file", "La facture : UBL, CII, ou PDF qui contient le XML"),
            ("to", "La syntaxe à écrire"),
            (
                "profile",
                "Ce que le résultat doit suivre : keep (comme l'original), en16931, extended-ctc-fr, cpro-historic, \
                 afnor, ou pour le CII factur-x-minimum, factur-x-basic-wl, factur-x-basic, factur-x-en16931, \
                 factur-x-extended ; par défaut le circuit de l'installation, sans installation keep",
            ),
            ("out", "Où écrire le résultat ; jamais écrasé"),
            ("supplied", "Une valeur qui manque au document : BT-23=B1, BT-34=0225:…, BT-22=PMT:… ; peut être répété"),
            ("keep_page", "Pour Factur-X : garder les pages de FILE, un PDF, au lieu de dessiner la facture"),
            ("page", "Pour Factur-X : garder les pages de ce PDF du fournisseur au lieu de dessiner la facture"),
            ("accept_loss", "Écrire le résultat bien que les termes listés soient perdus"),
            ("accept_invalid", "Écrire le résultat bien qu'il enfreigne des règles"),
        ],
    ),
    (
        "sign",
        "Signer une facture UBL, ou sceller un fichier",
        &[
            ("file", "Le fichier"),
            ("out", "Où écrire le résultat ; jamais écrasé"),
            ("detached", "Un cachet détaché sur les octets intacts, au lieu d'une signature enveloppée"),
            ("key", "Clé privée, PEM"),
            ("certificate", "Certificat et chaîne, PEM"),
        ],
    ),
    (
        "verify",
        "Vérifier une signature ou un cachet",
        &[
            ("file", "Le fichier signé, ou le cachet"),
            ("content", "Le fichier sur lequel porte un cachet détaché"),
            ("trust", "Certificats de confiance, PEM"),
        ],
    ),
    ("retry", "Recommencer depuis le début, un dossier ou plusieurs", HAND),
    ("hold", "Mettre en attente, un dossier ou plusieurs", HAND),
    ("release", "Laisser repartir, un dossier ou plusieurs", HAND),
    ("abandon", "Abandonner, un dossier ou plusieurs", HAND),
    (
        "resolve",
        "Dire ce que vous avez trouvé sur le portail, quand un dépôt est incertain",
        &[
            ("id", WHICH),
            (
                "found",
                "Ce que vous avez trouvé : integrated (intégrée), settled (payée), rejected (rejetée), absent (le \
                 portail ne l'a pas : elle peut être déposée), outside (traitée hors du portail)",
            ),
            ("flow", "Le numéro de flux que montre le portail"),
            ("why", "Où vous avez regardé, pour le journal"),
        ],
    ),
    (
        "view",
        "Rendre une facture lisible",
        &[
            (
                "what",
                "Un fichier, ou une facture de la base par son identité ou son numéro. --format accepte text, html, pdf \
                 et json",
            ),
            ("out", "Où écrire le résultat ; jamais écrasé. Sinon, sortie standard"),
        ],
    ),
    ("draft", "Un PDF sans données qui devient une facture : consulter, compléter, confirmer", &[]),
    ("draft show", "Ce qui est proposé, ce qui est à vérifier, ce qui manque", &[("id", WHICH)]),
    (
        "draft set",
        "Donner des valeurs : number=F-12 issued=05/10/2026 ; une valeur vide signifie qu'il n'y en a pas",
        &[("id", WHICH), ("values", "Donnée et valeur")],
    ),
    (
        "draft edit",
        "Remplir le formulaire dans votre éditeur ($VISUAL, $EDITOR)",
        &[("id", WHICH), ("fresh", "Repartir d'un formulaire neuf, si un formulaire inutilisable attend")],
    ),
    (
        "draft confirm",
        "Confirmer : la facture est construite, contrôlée, scellée et mise en attente de dépôt",
        &[
            ("id", WHICH),
            ("reason", "Pourquoi, pour le journal"),
            ("form", "Ce qui est écrit, si ce n'est pas la forme configurée : factur-x, ubl ou cii"),
            ("unsure_checked", "Les valeurs à vérifier ont été comparées à la page"),
        ],
    ),
    ("mandate", "Mandats écrits des fournisseurs pour le dépôt de leurs factures", &[]),
    (
        "mandate add",
        "Enregistrer le mandat écrit d'un fournisseur",
        &[
            ("supplier", "SIREN du fournisseur"),
            ("file", "Le mandat signé"),
            ("from", "Premier jour : AAAA-MM-JJ"),
            ("until", "Dernier jour inclus"),
        ],
    ),
    ("mandate list", "Tous les mandats et leur situation", &[]),
    ("mandate revoke", "Mettre fin à un mandat", &[("id", "Son identifiant, ou la fin que montre la liste"), WHY]),
    (
        "attachments",
        "Les fichiers que porte une facture : les lister, les écrire",
        &[
            ("what", "Un fichier, ou une facture de la base par son identité ou son numéro"),
            ("extract", "Les écrire dans ce dossier ; rien n'y est écrasé"),
        ],
    ),
    ("extract", "Ce que semblent dire les pages d'un PDF", &[("file", "Le PDF")]),
    ("template", "Ce que l'on sait des fournisseurs, pour mieux lire leurs PDF simples", &[]),
    (
        "template learn",
        "Apprendre un modèle d'un brouillon complété, ou d'un PDF et de ses bonnes valeurs",
        &[
            ("what", "Un brouillon (identité ou numéro) dont une personne a complété les valeurs, ou un PDF"),
            ("values", "Les bonnes valeurs d'un PDF : un fichier TOML, un champ par ligne (number = \"F-2026-17\")"),
            ("name", "Le nom du modèle ; par défaut, celui du fournisseur"),
            ("replace", "Remplacer le modèle qui porte déjà ce nom"),
        ],
    ),
    ("template list", "Lister les modèles, et ce qui ne va pas dans ceux qui ne servent pas", &[]),
    (
        "template check",
        "Vérifier un modèle, et montrer ce qu'il lit dans un PDF",
        &[("file", "Le modèle"), ("on", "Un PDF de ce fournisseur")],
    ),
    ("template show", "Afficher un modèle", &[("name", "Son nom")]),
    ("correct", "Remplacer par un fichier corrigé", &[("id", WHICH), ("file", "Le fichier corrigé"), WHY]),
    ("journal", "Le journal", &[]),
    (
        "journal verify",
        "Vérifier la chaîne, et chaque horodatage",
        &[("head", "Une tête conservée ailleurs : LIGNE:EMPREINTE")],
    ),
    (
        "journal export",
        "Écrire le journal dans un fichier que chacun peut vérifier : lignes, tête, signature",
        &[
            ("out", "Où ; jamais écrasé"),
            ("from", "Lignes à partir de ce jour : AAAA-MM-JJ"),
            ("to", "Lignes jusqu'à ce jour inclus"),
            ("payloads", "Aussi ce que disent les lignes, avec les noms, et non leurs seules empreintes"),
        ],
    ),
    ("journal timestamp", "Faire horodater la tête par l'autorité configurée", &[]),
    ("archive", "Conservation, gel et élimination", &[]),
    ("archive schedule", "Durée de conservation de chaque classe de documents, et texte qui la fixe", &[]),
    (
        "archive propose",
        "Ce qui peut être éliminé : une liste à faire approuver. Rien n'est modifié",
        &[("out", "Écrire la liste dans ce fichier ; jamais écrasé")],
    ),
    ("archive hold", "Conserver des factures quoi que dise le tableau (contentieux, contrôle)", SELECTION),
    ("archive release", "Lever un gel", SELECTION),
    (
        "archive eliminate",
        "Effacer ce que nomme une liste approuvée et dont le délai est passé ; les empreintes restent",
        &[
            ("list", "La liste approuvée, telle que « propose » l'a écrite ; des lignes peuvent en avoir été ôtées"),
            ("why", "Pourquoi, et qui a approuvé : pour le journal et le certificat"),
        ],
    ),
    ("store", "La base", &[]),
    ("store check", "Tout vérifier : base, documents, journal, états", &[]),
    ("store migrate", "Mettre le schéma à jour, et dire où est la base", &[]),
    ("store backup", "Faire une copie cohérente : un fichier, où que soit la base", &[("file", "Où ; jamais écrasé")]),
    ("store restore", "Remettre une copie dans une base vide", &[("file", "Un fichier écrit par « store backup »")]),
    (
        "store move",
        "Déplacer la base avec son journal, et l'inscrire dans la configuration",
        &[
            ("to", "sqlite:CHEMIN ou postgres://COMPTE@SERVEUR/BASE ; elle doit être vide"),
            ("password", "Mot de passe du compte, par référence : file:CHEMIN ou env:NOM"),
        ],
    ),
    ("packs", "Schémas et règles", &[]),
    (
        "packs add",
        "Installer des artefacts depuis un paquet ou un dossier",
        &[("paths", "Paquets (.whl) ou dossiers"), ("manifest", "Un manifeste de l'administrateur")],
    ),
    ("packs list", "Ce qui est installé", &[]),
    ("packs verify", "Recalculer chaque empreinte", &[]),
    (
        "explain",
        "Tout ce qu'il y a à savoir d'une règle",
        &[("rule", "Son identifiant : BR-CO-10, BR-FR-CPRO-11, CPRO-HIST-NUMBER")],
    ),
    ("doctor", "Examiner l'installation et dire quoi faire", &[]),
];

/// The command with its French texts.
pub fn french(command: Command) -> Command {
    PAGES.iter().fold(command, |command, (path, about, arguments)| {
        let path: Vec<&str> = path.split(' ').filter(|step| !step.is_empty()).collect();
        at(command, &path, about, arguments)
    })
}

fn at(command: Command, path: &[&str], about: &'static str, arguments: &[(&'static str, &'static str)]) -> Command {
    match path.split_first() {
        Some((first, rest)) => command.mut_subcommand(*first, |inner| at(inner, rest, about, arguments)),
        None => arguments.iter().fold(command.about(about), |command, (id, help)| {
            command.mut_arg(*id, |argument| {
                // The French sentence names the values itself.
                let values = argument.get_action().takes_values() && !argument.get_possible_values().is_empty();
                let argument = argument.help(*help);
                if values { argument.hide_possible_values(true) } else { argument }
            })
        }),
    }
}

/// What the parser says by itself, longest first.
const WORDS: [(&str, &str); 22] = [
    ("For more information, try '--help'.", "Pour en savoir plus : « --help »."),
    ("Print this message or the help of the given subcommand(s)", "Afficher cette aide ou celle d'une commande"),
    ("Print help (see a summary with '-h')", "Afficher cette aide (résumée avec « -h »)"),
    ("Print help (see more with '--help')", "Afficher cette aide (complète avec « --help »)"),
    ("the following required arguments were not provided:", "ces arguments manquent :"),
    ("a value is required for", "une valeur est attendue pour"),
    ("but none was supplied", "et il n'y en a pas"),
    ("a similar subcommand exists:", "une commande ressemblante existe :"),
    ("some similar subcommands exist:", "des commandes ressemblantes existent :"),
    ("a similar argument exists:", "une option ressemblante existe :"),
    ("unrecognized subcommand", "commande inconnue :"),
    ("unexpected argument", "argument inattendu :"),
    (" found\n", "\n"),
    ("invalid value", "valeur impossible :"),
    ("[possible values: ", "[valeurs possibles : "),
    ("[default: ", "[par défaut : "),
    ("Print version", "Afficher la version"),
    ("Print help", "Afficher cette aide"),
    ("Commands:", "Commandes :"),
    ("Options:", "Options :"),
    ("Usage:", "Usage :"),
    ("Arguments:", "Arguments :"),
];

/// The parser's own words in French.
pub fn words(text: &str) -> String {
    let text = WORDS.iter().fold(text.to_owned(), |text, (english, french)| text.replace(english, french));
    text.replacen("error:", "erreur :", 1).replace("tip:", "conseil :").replace(" for '", " pour '")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn compare(command: &Command, path: &str, missing: &mut Vec<String>) {
        let page = PAGES.iter().find(|(known, _, _)| *known == path);
        match page {
            None => missing.push(path.to_owned()),
            Some((_, _, arguments)) => missing.extend(
                command
                    .get_arguments()
                    .map(|argument| argument.get_id().as_str())
                    .filter(|id| !arguments.iter().any(|(known, _)| known == id))
                    .map(|id| format!("{path} {id}")),
            ),
        }
        for inner in command.get_subcommands() {
            compare(inner, format!("{path} {}", inner.get_name()).trim(), missing);
        }
    }

    #[test]
    fn every_command_and_every_argument_has_its_french_text() {
        let mut missing = Vec::new();
        compare(&crate::args::Arguments::command(), "", &mut missing);
        assert!(missing.is_empty(), "{missing:?}");
        french(crate::args::Arguments::command()).debug_assert();
    }
}
