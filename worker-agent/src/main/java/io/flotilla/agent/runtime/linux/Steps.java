package io.flotilla.agent.runtime.linux;

import static io.flotilla.agent.runtime.linux.syscall.Argument.none;
import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;

import io.flotilla.agent.runtime.linux.syscall.Argument;
import io.flotilla.agent.runtime.linux.syscall.Syscall;
import io.flotilla.agent.runtime.linux.syscall.SyscallProgram;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** The steps that several parts of a container's program are made of. */
final class Steps {
    static final int AT_FDCWD = -100;
    private static final int O_WRONLY = 1;
    private static final int S_IFREG = 0100000;
    private static final int FOLDER_MODE = 0755;
    private static final int FILE_MODE = 0644;

    private final SyscallProgram program;
    private final Set<String> madeFolders = new HashSet<>();

    Steps(SyscallProgram program) {
        this.program = program;
    }

    SyscallProgram.Step add(String purpose, Syscall call, Argument... arguments) {
        return program.add(purpose, call, arguments);
    }

    /** mount(2); source and type may be empty where the flags make the kernel ignore them. */
    SyscallProgram.Step mount(String purpose, String source, String target, String type, long flags, String data) {
        return program.add(
                purpose,
                Syscall.MOUNT,
                text(source),
                text(target),
                type.isEmpty() ? none() : text(type),
                value(flags),
                data.isEmpty() ? none() : text(data));
    }

    void umask(int mask) {
        program.add("umask", Syscall.UMASK, value(mask));
    }

    void changeFolder(String purpose, String folder) {
        program.add(purpose, Syscall.CHDIR, text(folder));
    }

    /** Writes a file that exists; its descriptor stays open until the next close of all. */
    void writeFile(String purpose, String path, String content) {
        var open = program.add(purpose, Syscall.OPENAT, value(AT_FDCWD), text(path), value(O_WRONLY));
        program.add(
                purpose,
                Syscall.WRITE,
                Argument.resultOf(open),
                text(content),
                value(content.getBytes(StandardCharsets.UTF_8).length));
    }

    /** Makes a folder of an absolute path, and those above it, where they are missing. */
    void makeFolders(String path) {
        for (int end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
            makeFolder(path.substring(0, end));
        }
        makeFolder(path);
    }

    private void makeFolder(String path) {
        if (path.length() > 1 && madeFolders.add(path)) {
            program.add("make folder " + path, Syscall.MKDIRAT, value(AT_FDCWD), text(path), value(FOLDER_MODE))
                    .ignoring(Errno.EEXIST);
        }
    }

    void makeParentFolders(String path) {
        int end = path.lastIndexOf('/');
        if (end > 0) {
            makeFolders(path.substring(0, end));
        }
    }

    /** Makes an empty file where there is nothing, without opening what may be there. */
    void makeFile(String path) {
        makeParentFolders(path);
        program.add(
                        "make file " + path,
                        Syscall.MKNODAT,
                        value(AT_FDCWD),
                        text(path),
                        value(S_IFREG | FILE_MODE),
                        value(0))
                .ignoring(Errno.EEXIST);
    }

    void makeLink(String target, String link) {
        program.add("make link " + link, Syscall.SYMLINKAT, text(target), value(AT_FDCWD), text(link))
                .ignoring(Errno.EEXIST);
    }

    /** After a mount on it, what was made below it is out of sight. */
    void forgetFoldersBelow(String path) {
        madeFolders.removeIf(made -> made.startsWith(path + "/"));
    }
}
