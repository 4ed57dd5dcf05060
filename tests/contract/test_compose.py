"""docker-compose.yml agrees with itself, with what it mounts, and with good manners.

compose-spec.json is the schema of the Compose Specification as compose-go v2.16.2 has it, under the
Apache licence 2.0; Copyright 2020 The Compose Specification Authors.
"""

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from tests.compose import (
    COMPOSE,
    ROOT,
    SERVICES,
    addresses,
    listens,
    memory_mib,
    mounts,
    published,
    variables,
)

from booking.settings import PREFIX, Settings
from wire import Plan

TEXT = (ROOT / "docker-compose.yml").read_text()
DASHBOARDS = ROOT / "dashboards"
IMAGES = COMPOSE["x-images"]
OWN = {"api", "agent", "proxy", "traffic", "load"}
THEIR_FILES = {
    "collector": ROOT / "otel-collector.yaml",
    "jaeger": DASHBOARDS / "jaeger.yaml",
    "loki": DASHBOARDS / "loki.yaml",
}
WITHIN = "LOKI_GRPC_PORT"
"""Loki's parts talk to each other within the container."""

WHO_ASKS_WHOM = {
    "docker-compose.yml": TEXT,
    "targets.yml": (DASHBOARDS / "targets.yml").read_text(),
    "alertmanagers.yml": (DASHBOARDS / "alertmanagers.yml").read_text(),
    **{
        path.name: path.read_text()
        for path in (DASHBOARDS / "grafana" / "provisioning" / "datasources").iterdir()
    },
}


def test_it_is_valid_by_the_schema_of_the_specification() -> None:
    """Docker Compose itself checks against the same schema."""
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(COMPOSE)


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_mounted_exists(service: str) -> None:
    """Docker would make an empty directory of a path that is not there."""
    for source, _, read_only in mounts(service):
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert read_only, f"{source} may be written to by {service}"
        else:
            assert source in COMPOSE["volumes"]


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_named_in_a_command_is_mounted(service: str) -> None:
    """A configuration is read from where it was put."""
    words = " ".join(SERVICES[service]["command"]) if "command" in SERVICES[service] else ""
    named = set(re.findall(r"(/etc/[\w./-]+)", words))
    assert named <= {target for _, target, _ in mounts(service)}


def test_grafana_finds_its_dashboards_where_they_are_mounted() -> None:
    """The provider's path is the mount's target."""
    targets = {target: source for source, target, _ in mounts("grafana")}
    folder = DASHBOARDS / "grafana" / "provisioning" / "dashboards"
    [path] = folder.iterdir()
    [provider] = yaml.safe_load(path.read_text())["providers"]
    assert targets[provider["options"]["path"]] == "./dashboards/grafana/dashboards"
    assert targets["/etc/grafana/provisioning"] == "./dashboards/grafana/provisioning"


@pytest.mark.parametrize("name", WHO_ASKS_WHOM)
def test_whoever_is_asked_listens_there(name: str) -> None:
    """Each address names a service, its port, and the scheme that it speaks."""
    asked = [*addresses(WHO_ASKS_WHOM[name])]
    assert asked
    for scheme, service, port in asked:
        assert scheme in ("", "http"), f"{service} has no certificate for {scheme}"
        assert port in listens(service), f"{service}:{port}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_published_port_is_one_that_is_listened_on(service: str) -> None:
    """And it has the same number outside as inside."""
    for _, outside, inside in published(service):
        assert outside == inside
        assert inside in listens(service)


@pytest.mark.parametrize("service", THEIR_FILES)
def test_every_address_in_a_configuration_is_set(service: str) -> None:
    """Their defaults keep to one machine; in a network of containers each needs a value."""
    text = THEIR_FILES[service].read_text()
    defaults = dict(re.findall(r"\$\{(?:env:)?(\w+):-([^}]*)\}", text))
    local = {name for name, value in defaults.items() if re.search(r"127\.|^\d{4,5}$", value)}
    ours = {name for name in variables(service) if name != "GOMEMLIMIT"}
    assert local - {WITHIN} <= ours <= defaults.keys()


@pytest.mark.parametrize("service", sorted(OWN))
def test_our_variables_are_settings(service: str) -> None:
    """A misspelt variable would stop the container."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    ours = {name for name in variables(service) if name.startswith(PREFIX)}
    assert ours <= known


def test_the_probes_are_open_to_the_network_of_the_containers() -> None:
    """Else Prometheus would be refused."""
    [network] = COMPOSE["networks"]["tallybook"]["ipam"]["config"]
    for service in ("api", "agent"):
        assert network["subnet"] in variables(service)["TALLYBOOK_PROBE_NETWORKS"].split(",")


def test_the_log_lines_are_where_the_collector_reads_them() -> None:
    """The same volume, on the same path, with an ending that is read, and the same user number."""
    logs = {
        service: {source: target for source, target, _ in mounts(service)}
        for service in ("api", "agent", "collector")
    }
    assert {found["logs"] for found in logs.values()} == {"/var/log/tallybook"}
    assert variables("collector")["TALLYBOOK_LOGS"] == "/var/log/tallybook"
    for service in ("api", "agent"):
        file = Path(variables(service)["TALLYBOOK_LOG_FILE"])
        assert (str(file.parent), file.suffix) == ("/var/log/tallybook", ".jsonl")
    assert {SERVICES[name]["user"] for name in logs} == {"10001:10001"}
    assert "--owner=10001 --group=10001" in (ROOT / "Dockerfile").read_text()


def test_the_faults_are_a_plan() -> None:
    """The proxy takes the file."""
    assert Plan.from_file(DASHBOARDS / "faults.json").rules


def test_every_image_is_pinned_in_one_place() -> None:
    """Each has a version, which no service repeats."""
    assert all(re.fullmatch(r"docker\.io/[\w./-]+:v?\d[\w.-]+", image) for image in IMAGES.values())
    used = {service["image"] for service in SERVICES.values()}
    assert used - {"tallybook:local"} == set(IMAGES.values()) - {IMAGES["python"]}
    assert all(TEXT.count(image) == 1 for image in IMAGES.values())


def test_the_images_are_the_versions_that_the_tests_run() -> None:
    """What is proven on the real programs is what the containers run."""
    pins = tomllib.loads((ROOT / "tests" / "stack" / "programs.toml").read_text())
    manifest = yaml.safe_load(
        (ROOT / "tests" / "stack" / "collector" / "manifest.yaml").read_text()
    )
    assert IMAGES["collector"].endswith(f":{manifest['dist']['version']}")
    assert IMAGES["loki"].endswith(f":{pins['loki']['version'].removeprefix('v')}")
    assert IMAGES["python"] in (ROOT / "Dockerfile").read_text()


@pytest.mark.fault(90)
def test_nothing_is_reachable_from_other_machines() -> None:
    """Every published port is bound to this machine."""
    bound = {address for service in SERVICES for address, _, _ in published(service)}
    assert bound == {"127.0.0.1"}
    assert not any("network_mode" in service for service in SERVICES.values())


@pytest.mark.fault(90)
def test_no_default_password_opens_anything() -> None:
    """Grafana has no account at all; the one key is known, and of use to this machine alone."""
    named = {name for service in SERVICES for name in variables(service)}
    assert not [name for name in named if re.search("PASSW|SECRET|TOKEN", name)]
    grafana = variables("grafana")
    assert grafana["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert grafana["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert grafana["GF_AUTH_ANONYMOUS_ORG_ROLE"] != "Admin"


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_may_do_no_more_than_it_must(service: str) -> None:
    """Not as root, with nothing to write to but its volumes, without capabilities, bounded."""
    options = SERVICES[service]
    assert int(options["user"].partition(":")[0]) > 0
    assert options["read_only"] is True
    assert options["cap_drop"] == ["ALL"]
    assert options["security_opt"] == ["no-new-privileges:true"]
    assert options["pids_limit"] <= 256
    assert options["logging"]["options"]["max-size"]


def test_the_memory_of_all_is_bounded() -> None:
    """Less than 1.5 GiB for what `docker compose up` starts, and for the alerts too."""
    usual = sum(memory_mib(name) for name in SERVICES if "profiles" not in SERVICES[name])
    assert usual + memory_mib("alertmanager") < 1536


def test_the_health_of_every_service_that_can_tell_is_watched() -> None:
    """Three images have nothing that could ask from within: Prometheus watches those."""
    silent = {name for name in SERVICES if "healthcheck" not in SERVICES[name]}
    watched = {service for _, service, _ in addresses(WHO_ASKS_WHOM["targets.yml"])}
    assert silent - {"traffic", "load"} == {"collector", "jaeger", "loki"} <= watched
