"""The unmodified Python client chorus-api 1.0.6 against the simulator, over plain HTTP on loopback.

FACTEUR_SIMULATOR names the binary (default: target/debug/facteur-simulator).
FACTEUR_SWAGGER names the official Swagger of the Factures API; without it the shape of the answers is not checked.
"""

import base64
import importlib.metadata
import io
import json
import os
import pathlib
import re
import subprocess
import time
import zipfile

import jsonschema
import pytest
import requests
from chorusapi.client import ChorusAPI
from chorusapi.constants.syntax_flux_constant import SyntaxFlux
from chorusapi.exceptions.exception import ChorusApiException

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPLIER = "81234567600017"
RECIPIENT = "12345678200028"
SERVICE = "SERVICE_DEST_SERV_OBL"
RECORDED = []


def swagger():
    path = pathlib.Path(os.environ.get("FACTEUR_SWAGGER", ROOT.parent / "shared/domain/swagger-factures.json"))
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def relax_deposit_date(schema):
    """dateDepot is a calendar day in the answers of Chorus Pro, although the Swagger says date-time."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "dateDepot" and isinstance(value, dict):
                value["format"] = "date"
            else:
                relax_deposit_date(value)
    elif isinstance(schema, list):
        for value in schema:
            relax_deposit_date(value)
    return schema


def format_checker():
    checker = jsonschema.FormatChecker(formats=[])
    day = r"\d{4}-\d{2}-\d{2}"
    checker.checks("date")(lambda value: re.fullmatch(day, value) is not None)
    instant = day + r"T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})"
    checker.checks("date-time")(lambda value: re.fullmatch(instant, value) is not None)
    checker.checks("int32")(lambda value: not isinstance(value, int) or -(2**31) <= value < 2**31)
    return checker


def invoice(number, payable="120.10", payment_means=True):
    """A UBL invoice between invented parties, as the historical channel wants it."""
    means = """
  <cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>
    <cac:PayeeFinancialAccount><cbc:ID>FR7630006000011234567890189</cbc:ID></cac:PayeeFinancialAccount>
  </cac:PaymentMeans>""" if payment_means else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ProfileID>A1</cbc:ProfileID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>2026-10-05</cbc:IssueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:AccountingSupplierParty><cac:Party>
    <cac:PartyIdentification><cbc:ID schemeID="1">{SUPPLIER}</cbc:ID></cac:PartyIdentification>
    <cac:PartyName><cbc:Name>Menuiserie des Trois Ponts</cbc:Name></cac:PartyName>
  </cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party>
    <cac:PartyIdentification><cbc:ID schemeID="1">{RECIPIENT}</cbc:ID></cac:PartyIdentification>
    <cac:Contact><cbc:ID>{SERVICE}</cbc:ID></cac:Contact>
  </cac:Party></cac:AccountingCustomerParty>{means}
  <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">20.02</cbc:TaxAmount></cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:TaxExclusiveAmount currencyID="EUR">100.08</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="EUR">120.10</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="EUR">{payable}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
</Invoice>
""".encode()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    binary = os.environ.get("FACTEUR_SIMULATOR", str(ROOT / "target/debug/facteur-simulator"))
    state = tmp_path_factory.mktemp("simulator") / "state.jsonl"
    arguments = [binary, "--listen", "127.0.0.1:0", "--state", str(state), "--visibility-delay", "100ms"]
    process = subprocess.Popen([*arguments, "--step", "20ms", "--robot", "on"], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline().strip()
        assert line.startswith("facteur-simulator listening on http://127.0.0.1:"), line
        yield line.rsplit(" ", 1)[1]
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


@pytest.fixture(autouse=True)
def record_answers(monkeypatch):
    """Keeps each answer that the client gets; the client itself is not touched."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    send = requests.Session.request

    def recording(session, method, url, **options):
        answer = send(session, method, url, **options)
        RECORDED.append((method.lower(), answer))
        return answer

    monkeypatch.setattr(requests.Session, "request", recording)


def connect(simulator, secret="facteur-demo-secret", password="demo"):
    client = ChorusAPI("facteur-demo", secret, "TECH_1_demo@cpro.fr", password)
    client.auth_url = f"{simulator}/api/oauth/token"
    client.api_url = simulator
    return client.auth()


@pytest.fixture
def client(simulator):
    return connect(simulator)


def deposit(client, name, content, syntax=SyntaxFlux.IN_DP_E1_UBL_INVOICE):
    answer = client.deposer_flux(base64.b64encode(content).decode(), name, syntaxe_flux=syntax)
    assert answer.code_retour == 0, answer.libelle
    return answer


def final_state(client, flow):
    """Polls until the flow is decided; a flow that is not yet visible answers 20001."""
    seen = []
    for _ in range(600):
        report = client.consulter_cr_detaille(flow)
        if report.code_retour != 0:
            assert (report.code_retour, report.libelle) == (20001, "POQ_MSG_01.003 - Flux introuvable.")
        else:
            seen.append(report.etat_courant_depot_flux)
            if seen[-1] in ("IN_INTEGRE", "IN_INTEGRE_PARTIEL", "IN_REJETE", "IN_INCIDENTE"):
                return report, seen
        time.sleep(0.02)
    raise AssertionError(f"no final state after {seen}")


def test_the_client_is_the_published_one():
    assert importlib.metadata.version("chorus-api") == "1.0.6"


def test_a_bad_secret_raises(simulator):
    with pytest.raises(ChorusApiException, match="invalid_client"):
        connect(simulator, secret="wrong")


def test_a_bad_technical_account_raises(simulator):
    with pytest.raises(ChorusApiException, match="401"):
        connect(simulator, password="wrong").rechercher_structure(SUPPLIER)


def test_an_invoice_is_deposited_integrated_and_found(client):
    answer = deposit(client, "facture.xml", invoice("CONF-1"))
    assert re.fullmatch(r"CPP0011100\d{15}", answer.numero_flux_depot)
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", answer.date_depot)
    report, _ = final_state(client, answer.numero_flux_depot)
    assert report.etat_courant_depot_flux == "IN_INTEGRE"
    assert report.code_interface_depot_flux == "FSO1100A"
    assert report.liste_erreur_dp == [] and report.liste_erreur_technique == []

    found = client.rechercher_facture(answer.numero_flux_depot).liste_factures
    assert [one.numero_facture for one in found] == ["CONF-1"]
    assert (found[0].code_fournisseur, found[0].code_destinataire) == (SUPPLIER, RECIPIENT)
    assert str(found[0].montant_a_payer) == "120.1"

    short = client.consulter_cr(answer.numero_flux_depot)
    assert short.etat_courant_flux == "IN_INTEGRE"
    assert base64.b64decode(short.fichier_cr).startswith(b"%PDF-")


def test_a_rejected_invoice_says_why_and_is_not_found(client):
    flow = deposit(client, "facture.xml", invoice("CONF-2", payment_means=False)).numero_flux_depot
    report, _ = final_state(client, flow)
    assert report.etat_courant_depot_flux == "IN_REJETE"
    assert report.liste_erreur_dp[0].numero_dp == "CONF-2"
    assert "est obligatoire" in report.liste_erreur_dp[0].libelle_erreur_dP
    assert client.rechercher_facture(flow).liste_factures == []


def test_malformed_xml_is_a_technical_error(client):
    flow = deposit(client, "facture.xml", b"<Invoice>").numero_flux_depot
    report, _ = final_state(client, flow)
    assert report.etat_courant_depot_flux == "IN_REJETE"
    assert report.liste_erreur_technique[0].code_erreur == "ERR_XSD_001"


def test_an_obsolete_syntax_raises(client):
    with pytest.raises(ChorusApiException, match="400"):
        deposit(client, "facture.xml", invoice("CONF-3"), SyntaxFlux.IN_DP_E1_PES_FACTURE)


def test_structures_services_and_requirements(client):
    structures = client.rechercher_structure(RECIPIENT).liste_structures
    assert [one.identifiant_structure for one in structures] == [RECIPIENT]
    number = structures[0].id_structure_cpp
    details = client.consulter_structure(number)
    assert details.information_generales.identifiant_structure == RECIPIENT
    assert details.parametres.code_service_doit_etre_renseigne is True
    assert details.parametres.numero_ej_doit_etre_renseigne is False
    services = client.rechercher_services(number).liste_structures
    assert [(one.code_service, one.est_actif) for one in services] == [(SERVICE, True)]
    assert client.rechercher_structure("123").liste_structures == []


def test_directory_currencies_and_health(client):
    content = base64.b64decode(client.annuaire_destinataire().fichier_resultat)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert RECIPIENT.encode() in archive.read(archive.namelist()[0])
    assert "EUR" in [one.code_devise for one in client.devises().liste_devises]
    assert client.health_check().status_code_value == 200


def test_a_lost_answer_is_an_error_of_the_transport_and_yet_committed(client, simulator):
    requests.post(f"{simulator}/simulator/faults", json={"next": ["lose-answer"]}, timeout=10)
    with pytest.raises(requests.exceptions.ConnectionError):
        deposit(client, "facture.xml", invoice("CONF-LOST"))
    ledger = requests.get(f"{simulator}/simulator/ledger", timeout=10).text.splitlines()
    assert "CONF-LOST" in [json.loads(line)["number"] for line in ledger]


def test_every_factures_answer_follows_the_swagger(client):
    """Asks for everything about one invoice, then validates all answers received since the start."""
    description = swagger()
    if description is None:
        pytest.skip("the official Swagger is not here (FACTEUR_SWAGGER)")
    flow = deposit(client, "facture.xml", invoice("CONF-SWAGGER")).numero_flux_depot
    final_state(client, flow)
    number = client.rechercher_facture(flow).liste_factures[0].identifiant_facture_cpp
    headers = client._make_headers()
    base = f"{client.api_url}/cpro/factures/v1"
    for path, body in [
        ("consulter/historique", {"idFacture": number}),
        ("consulter/fournisseur", {"identifiantFactureCPP": number}),
        ("consulter/recipiendaire", {"identifiantFactureCPP": number}),
        ("consulter/historique", {"idFacture": 1}),
        ("rechercher/recipiendaire", {}),
        ("rechercher/atraiter/recipiendaire", {}),
        ("rechercher/atraiter/fournisseur", {}),
        ("traiter/recue", {"idFacture": number, "nouveauStatut": "SUSPENDUE", "motif": "piece manquante"}),
        ("rechercher/atraiter/fournisseur", {}),
        ("completer", {"identifiantFactureCPP": number, "commentaire": "la voici"}),
        ("traiter/recue", {"idFacture": number, "nouveauStatut": "REJETEE", "motif": "montant"}),
        ("traiterRejet", {"listeDemandePaiement": [{"idDemandePaiement": number}]}),
        ("telecharger/groupe", {"listeFacture": [{"idFacture": number}], "format": "ZIP"}),
    ]:
        answer = requests.post(f"{base}/{path}", json=body, headers=headers, timeout=10)
        assert answer.status_code == 200, (path, answer.text)

    relax_deposit_date(description["definitions"])
    checked = set()
    for method, answer in RECORDED:
        path = requests.utils.urlparse(answer.url).path
        if answer.status_code != 200 or not path.startswith(description["basePath"]):
            continue
        operation = path[len(description["basePath"]):]
        schema = description["paths"][operation][method]["responses"]["200"]["schema"]
        schema = {**schema, "definitions": description["definitions"]}
        jsonschema.Draft4Validator(schema, format_checker=format_checker()).validate(answer.json())
        checked.add(operation)
    assert len(checked) >= 11, checked
