package io.flotilla.agent.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One registry's folder of Docker's certs.d: *.crt are authorities, *.cert with the *.key of the same name is what this host
 * shows of itself.
 *
 * @param files what is in it, with their times, so that a change is noticed
 */
record CertificateFolder(Path path, List<String> files) {
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----", Pattern.DOTALL);
    private static final char[] NO_PASSWORD = {};

    /** @param authority host[:port] of the registry */
    static Optional<CertificateFolder> find(List<Path> roots, String authority) throws IOException {
        for (Path root : roots) {
            Path folder = root.resolve(authority);
            if (Files.isDirectory(folder)) {
                List<String> files = new ArrayList<>();
                for (Path file : content(folder)) {
                    files.add(file.getFileName() + " " + Files.getLastModifiedTime(file));
                }
                return Optional.of(new CertificateFolder(folder, List.copyOf(files)));
            }
        }
        return Optional.empty();
    }

    Collection<Certificate> authorities() throws IOException, GeneralSecurityException {
        List<Certificate> all = new ArrayList<>();
        for (Path file : content(path)) {
            if (file.toString().endsWith(".crt")) {
                all.addAll(certificates(file));
            }
        }
        return all;
    }

    /** The client's keys; empty when it has none. */
    Optional<KeyStore> client() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        for (Path file : content(path)) {
            String name = file.getFileName().toString();
            if (!name.endsWith(".cert")) {
                continue;
            }
            Path key = path.resolve(name.replaceFirst("\\.cert$", ".key"));
            if (!Files.isRegularFile(key)) {
                // Docker's words
                throw new IOException("missing key " + key.getFileName() + " for client certificate " + name
                        + ". Note that CA certificates should use the extension .crt");
            }
            keys.setKeyEntry(
                    name, privateKey(key), NO_PASSWORD, certificates(file).toArray(Certificate[]::new));
        }
        return keys.size() == 0 ? Optional.empty() : Optional.of(keys);
    }

    static Collection<? extends Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        Matcher pem = PRIVATE_KEY.matcher(Files.readString(file));
        if (!pem.find()) {
            throw new IOException(
                    file + " is not a private key in PKCS#8 (BEGIN PRIVATE KEY); convert it with openssl pkcs8"
                            + " -topk8 -nocrypt");
        }
        PKCS8EncodedKeySpec spec =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
        for (String algorithm : List.of("RSA", "EC")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException ofAnotherAlgorithm) {
                continue;
            }
        }
        return KeyFactory.getInstance("EdDSA").generatePrivate(spec);
    }

    private static List<Path> content(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
