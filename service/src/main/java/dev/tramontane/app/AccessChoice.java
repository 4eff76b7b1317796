package dev.tramontane.app;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Who may use the service.
 *
 * @param apiKeys the file of keys; empty: nobody is asked for one
 * @param allowAnonymous whether the service may be reached from elsewhere all the same
 * @param managementHost where {@code managementPort} is
 * @param managementPort of what is the operator's; empty: it is with the rest
 * @param tlsCertificate PEM; there is one where there is a key
 * @param tlsKey PEM
 * @param tlsClientAuthorities PEM; empty: clients need no certificates
 */
record AccessChoice(
        Optional<Path> apiKeys,
        boolean allowAnonymous,
        String managementHost,
        OptionalInt managementPort,
        Optional<Path> tlsCertificate,
        Optional<Path> tlsKey,
        Optional<Path> tlsClientAuthorities) {
    static AccessChoice of(SettingValues values) {
        AccessChoice access = new AccessChoice(
                values.path(Setting.API_KEYS),
                values.on(Setting.ALLOW_ANONYMOUS),
                values.host(Setting.MANAGEMENT_HOST),
                values.whole(Setting.MANAGEMENT_PORT, 0, 65_535),
                values.path(Setting.TLS_CERTIFICATE),
                values.path(Setting.TLS_KEY),
                values.path(Setting.TLS_CLIENT_AUTHORITIES));
        boolean tls = access.tlsCertificate().isPresent();
        if (tls != access.tlsKey().isPresent()
                || (!tls && access.tlsClientAuthorities().isPresent())) {
            throw new UsageException("TLS needs both --tls-certificate and --tls-key");
        }
        return access;
    }
}
