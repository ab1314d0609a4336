package io.flotilla.agent.image.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A private authority with a registry's and a client's certificate, made by openssl. */
record Certificates(Path authority, Path server, Path serverKey, Path client, Path clientKey) {

    static Certificates make(Path folder) throws IOException, InterruptedException {
        Path authority = folder.resolve("ca.crt");
        Path authorityKey = folder.resolve("ca.key");
        RealRegistry.run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=test authority",
                "-keyout",
                authorityKey.toString(),
                "-out",
                authority.toString());
        Path server = sign(folder, "server", "subjectAltName=IP:127.0.0.1");
        Path client = sign(folder, "client", "extendedKeyUsage=clientAuth");
        return new Certificates(authority, server, folder.resolve("server.key"), client, folder.resolve("client.key"));
    }

    private static Path sign(Path folder, String name, String extension) throws IOException, InterruptedException {
        Path request = folder.resolve(name + ".csr");
        Path certificate = folder.resolve(name + ".crt");
        Path extensions = Files.writeString(folder.resolve(name + ".ext"), extension + "\n");
        RealRegistry.run(
                "openssl",
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                folder.resolve(name + ".key").toString(),
                "-out",
                request.toString());
        RealRegistry.run(
                "openssl",
                "x509",
                "-req",
                "-in",
                request.toString(),
                "-days",
                "2",
                "-CA",
                folder.resolve("ca.crt").toString(),
                "-CAkey",
                folder.resolve("ca.key").toString(),
                "-CAcreateserial",
                "-extfile",
                extensions.toString(),
                "-out",
                certificate.toString());
        return certificate;
    }
}
