"""Whether whoever comes back for an answer finds it: pods with names of their own, a volume that they share, routes that keep sessions."""

ELSEWHERE = 421


def check_shared(all_of):
    """Each pod marks its ids, and what is to outlive a pod lies where the others read it."""
    claims = {thing["metadata"]["name"]: thing["spec"] for thing in all_of.of("PersistentVolumeClaim")}
    for thing, _, spec in all_of.servers():
        server = spec["containers"][0]
        named = [one for one in server.get("env", []) if one["name"] == "TRAMONTANE_INSTANCE"]
        if [one.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath") for one in named] != ["metadata.name"]:
            yield thing, "TRAMONTANE_INSTANCE is not the pod's name: nobody could tell whose an answer is"
        folder = all_of.settings(spec).get("TRAMONTANE_SNAPSHOT_DIR")
        if not folder:
            continue
        mounts = [mount for mount in server["volumeMounts"] if (folder + "/").startswith(mount["mountPath"] + "/")]
        if not mounts:
            continue  # check_settings says so
        mount = max(mounts, key=lambda one: len(one["mountPath"]))
        volume = next((one for one in spec["volumes"] if one["name"] == mount["name"]), {})
        claim = volume.get("persistentVolumeClaim", {})
        if "ReadWriteMany" not in claims.get(claim.get("claimName"), {}).get("accessModes", []):
            yield thing, f"TRAMONTANE_SNAPSHOT_DIR={folder} is on no volume that all pods share (ReadWriteMany)"
        if mount.get("readOnly") or claim.get("readOnly"):
            yield thing, f"TRAMONTANE_SNAPSHOT_DIR={folder} can't be written to"


def check_routes(all_of):
    """A rule that spreads requests over pods keeps those together that belong together, and asks on where it didn't."""
    most = max([thing["spec"].get("maxReplicas", thing["spec"].get("maxReplicaCount", 1)) for thing in scalers(all_of)], default=1)
    for thing in all_of.of("HTTPRoute"):
        rules = thing["spec"]["rules"]
        plain = [rule for rule in rules if all(backend.get("kind", "Service") == "Service" for backend in rule["backendRefs"])]
        for rule in plain:
            if not rule.get("sessionPersistence", {}).get("sessionName"):
                yield thing, "a rule keeps no sessions: who comes back for an answer gets any pod"
            retry = rule.get("retry", {})
            if ELSEWHERE not in retry.get("codes", []):
                yield thing, f"a rule doesn't ask on after {ELSEWHERE}, by which a pod says that another has the answer"
            elif retry.get("attempts", 0) < most - 1:
                yield thing, f"a rule asks {retry.get('attempts', 0)} more pods, and there may be {most - 1}"
        names = [rule["sessionPersistence"]["sessionName"] for rule in plain if rule.get("sessionPersistence", {}).get("sessionName")]
        if len(set(names)) != len(names):
            yield thing, "two rules have sessions of one name, which a gateway may refuse"
        if len(plain) < len(rules) and not any(resumes(match) for rule in plain for match in rule.get("matches", [])):
            yield thing, "who sends Last-Event-ID is sent where a picker says, which doesn't know whose the answer is"


def scalers(all_of):
    return all_of.of("HorizontalPodAutoscaler", "ScaledObject")


def resumes(match):
    return match.get("method") == "POST" and any(header["name"].lower() == "last-event-id" for header in match.get("headers", []))
