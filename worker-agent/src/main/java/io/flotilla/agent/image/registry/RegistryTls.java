package io.flotilla.agent.image.registry;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/** TLS towards one registry: who is trusted to sign its certificate, and what this host shows of itself. */
final class RegistryTls {
    /** Where distributions keep the authorities their administrator trusts (update-ca-certificates(8), update-ca-trust(8)). */
    private static final List<Path> SYSTEM_BUNDLES =
            List.of(Path.of("/etc/ssl/certs/ca-certificates.crt"), Path.of("/etc/pki/tls/certs/ca-bundle.crt"));

    private static final char[] NO_PASSWORD = {};

    private RegistryTls() {}

    static SSLContext context(Optional<CertificateFolder> folder, boolean verified) throws IOException {
        try {
            KeyManager[] keys = null;
            Collection<Certificate> authorities = List.of();
            if (folder.isPresent()) {
                authorities = folder.get().authorities();
                keys = keys(folder.get());
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, verified ? trusting(authorities) : new TrustManager[] {new Anybody()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "certificates" + folder.map(f -> " in " + f.path()).orElse("") + " cannot be used: "
                            + e.getMessage(),
                    e);
        }
    }

    private static KeyManager[] keys(CertificateFolder folder) throws IOException, GeneralSecurityException {
        Optional<KeyStore> client = folder.client();
        if (client.isEmpty()) {
            return new KeyManager[0];
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(client.get(), NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static TrustManager[] trusting(Collection<Certificate> more) throws IOException, GeneralSecurityException {
        List<Certificate> all = new ArrayList<>(more);
        for (Path bundle : SYSTEM_BUNDLES) {
            if (Files.isRegularFile(bundle)) {
                all.addAll(CertificateFolder.certificates(bundle));
                break;
            }
        }
        for (TrustManager builtIn : managers(null)) {
            if (builtIn instanceof X509TrustManager x509) {
                all.addAll(List.of(x509.getAcceptedIssuers()));
            }
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        for (Certificate authority : all) {
            trusted.setCertificateEntry("authority-" + trusted.size(), authority);
        }
        return managers(trusted);
    }

    private static TrustManager[] managers(@org.jspecify.annotations.Nullable KeyStore trusted)
            throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory.getTrustManagers();
    }

    /** For registries the administrator has named insecure. Extended, or the platform would check the host's name itself. */
    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
