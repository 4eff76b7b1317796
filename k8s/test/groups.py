"""Whether the pods of a group find each other, let nobody else in, and end in their order (docs/pipeline.md)."""

from rendering import ports_of, templates


def check_groups(all_of):
    for thing in all_of.of("LeaderWorkerSet"):
        name, size = thing["metadata"]["name"], thing["spec"]["leaderWorkerTemplate"].get("size", 1)
        leader, worker = (template["spec"] for template in templates(thing))
        server, stage = leader["containers"][0], worker["containers"][0]
        if ("Service", name) in all_of.names:
            yield thing, f"there is a service {name}: the controller makes none for the groups' names where one has that name"
        if (server["args"], stage["args"]) != (["serve"], ["stage"]):
            yield thing, f"its pods run {server['args']} and {stage['args']}, not serve and stage"
        port = ports_of(worker).get("stage")
        own = {one["name"]: one.get("value") for one in server.get("env", [])}
        # Names as the controller gives them with one headless service for all groups.
        wanted = ",".join(f"$(TRAMONTANE_INSTANCE)-{number}.{name}:{port}" for number in range(1, size))
        if own.get("TRAMONTANE_STAGES") != wanted:
            yield thing, f"TRAMONTANE_STAGES is {own.get('TRAMONTANE_STAGES')}, its pods are {wanted}"
        named = [one for one in own if one in ("TRAMONTANE_INSTANCE", "TRAMONTANE_STAGES")]
        if named != ["TRAMONTANE_INSTANCE", "TRAMONTANE_STAGES"]:
            yield thing, "TRAMONTANE_INSTANCE must stand before TRAMONTANE_STAGES, which is made of it"
        if thing["spec"].get("networkConfig", {}).get("subdomainPolicy", "Shared") != "Shared":
            yield thing, "its names are those of one service for all groups: subdomainPolicy Shared"
        if thing["spec"]["leaderWorkerTemplate"].get("restartPolicy") != "None":
            yield thing, "a stage that starts anew would take its whole group along: restartPolicy None"
        told, heard = all_of.settings(leader), all_of.settings(worker)
        if heard.get("TRAMONTANE_LISTEN", "").rpartition(":")[2] != str(port):
            yield thing, f"port stage is {port}, TRAMONTANE_LISTEN is {heard.get('TRAMONTANE_LISTEN')}"
        for setting in ("TRAMONTANE_MODEL", "TRAMONTANE_STAGE_SECRET_FILE"):
            if not told.get(setting) or told.get(setting) != heard.get(setting):
                yield thing, f"{setting} is {told.get(setting)} here and {heard.get(setting)} at its stages"
        if server["image"] != stage["image"]:
            yield thing, f"its pods run {server['image']} and {stage['image']}: they take each other's own version only"
        # They are ended when their leader has gone; one that stays keeps its name from its successor, and is found by the next leader.
        if "lifecycle" in stage or worker.get("terminationGracePeriodSeconds", 30) > 30:
            yield thing, "its stages stay when their leader has gone"
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if stage.get(probe, {}).get("tcpSocket", {}).get("port") != "stage":
                yield thing, f"its stages have no {probe} of their port"
        yield from closed(all_of, thing)


def closed(all_of, thing):
    """Stages let servers in, and nobody else; servers may call them."""

    def parts(selector):
        return [labels.get("app.kubernetes.io/component") for _, labels, _ in all_of.selected(selector)]

    policies = [(each["spec"], parts(each["spec"]["podSelector"])) for each in all_of.of("NetworkPolicy")]
    inward = [rule for spec, who in policies if "stage" in who and "Ingress" in spec["policyTypes"] for rule in spec.get("ingress", [])]
    if not inward:
        yield thing, "no network policy says who may reach its stages"
    for rule in inward:
        for peer in rule.get("from", [{}]):
            if "namespaceSelector" in peer or "ipBlock" in peer or parts(peer.get("podSelector", {})) != ["server"]:
                yield thing, "a network policy lets others than its leader reach its stages"
    outward = [peer for spec, who in policies if "server" in who for rule in spec.get("egress", []) for peer in rule.get("to", [])]
    if not any("podSelector" in peer and parts(peer["podSelector"]) == ["stage"] for peer in outward):
        yield thing, "no network policy lets its leader reach its stages"
