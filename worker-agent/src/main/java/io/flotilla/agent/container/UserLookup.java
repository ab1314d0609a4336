package io.flotilla.agent.container;

import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.runtime.spec.RuntimeSpec.User;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Names of users and groups as the image's own /etc/passwd and /etc/group give them: runc's user.GetExecUser. */
final class UserLookup {
    private UserLookup() {}

    /** @param home the user's home folder, / where passwd does not know the user */
    record Found(User user, String home) {}

    private record PasswdEntry(String name, int uid, int gid, String home) {}

    private record GroupEntry(String name, int gid, List<String> members) {}

    /** @param wanted empty, user, user:group, by name or number */
    static Found find(String wanted, List<String> additionalGroups, Snapshot root) throws IOException, PlanRefused {
        LayeredFiles files = new LayeredFiles(root);
        return find(
                wanted,
                additionalGroups,
                files.lines("/etc/passwd").orElse(List.of()),
                files.lines("/etc/group").orElse(List.of()));
    }

    static Found find(String wanted, List<String> additionalGroups, List<String> passwd, List<String> group)
            throws PlanRefused {
        List<GroupEntry> groups = groups(group);
        int colon = wanted.indexOf(':');
        String userPart = colon < 0 ? wanted : wanted.substring(0, colon);
        String groupPart = colon < 0 ? "" : wanted.substring(colon + 1);

        Optional<PasswdEntry> entry = user(userPart.isEmpty() ? "0" : userPart, passwd);
        Integer number = number(userPart.isEmpty() ? "0" : userPart);
        if (entry.isEmpty() && number == null) {
            throw new PlanRefused("unable to find user " + userPart + ": no matching entries in passwd file");
        }
        int uid = entry.map(PasswdEntry::uid).orElse(number == null ? 0 : number);
        int gid = entry.map(PasswdEntry::gid).orElse(0);
        TreeSet<Integer> additional = new TreeSet<>();
        if (groupPart.isEmpty()) {
            entry.ifPresent(found -> groups.stream()
                    .filter(line -> line.members().contains(found.name()))
                    .forEach(line -> additional.add(line.gid())));
        } else {
            gid = gid(groupPart, groups);
        }
        for (String name : additionalGroups) {
            additional.add(gid(name, groups));
        }
        // a file its group may not read is not to be read as one of others (CVE-2022-36109 of moby)
        additional.add(gid);
        return new Found(
                new User(uid, gid, List.copyOf(additional)),
                entry.map(PasswdEntry::home).filter(home -> !home.isEmpty()).orElse("/"));
    }

    private static Optional<PasswdEntry> user(String wanted, List<String> passwd) {
        Integer number = number(wanted);
        List<PasswdEntry> entries = new ArrayList<>();
        for (String line : passwd) {
            String[] fields = line.split(":", -1);
            Integer uid = fields.length > 3 ? number(fields[2]) : null;
            Integer gid = fields.length > 3 ? number(fields[3]) : null;
            if (uid != null && gid != null) {
                entries.add(new PasswdEntry(fields[0], uid, gid, fields.length > 5 ? fields[5] : ""));
            }
        }
        // a name of digits only is a name first, as in runc
        return entries.stream()
                .filter(entry -> entry.name().equals(wanted))
                .findFirst()
                .or(() -> entries.stream()
                        .filter(entry -> number != null && entry.uid() == number)
                        .findFirst());
    }

    private static List<GroupEntry> groups(List<String> group) {
        List<GroupEntry> entries = new ArrayList<>();
        for (String line : group) {
            String[] fields = line.split(":", -1);
            Integer gid = fields.length > 2 ? number(fields[2]) : null;
            if (gid != null) {
                entries.add(
                        new GroupEntry(fields[0], gid, fields.length > 3 ? List.of(fields[3].split(",")) : List.of()));
            }
        }
        return entries;
    }

    private static int gid(String wanted, List<GroupEntry> groups) throws PlanRefused {
        for (GroupEntry entry : groups) {
            if (entry.name().equals(wanted)) {
                return entry.gid();
            }
        }
        Integer number = number(wanted);
        if (number == null) {
            throw new PlanRefused("unable to find group " + wanted + ": no matching entries in group file");
        }
        return number;
    }

    private static @Nullable Integer number(String text) {
        return text.matches("[0-9]{1,9}|1[0-9]{9}|20[0-9]{8}") ? (Integer) Integer.parseInt(text) : null;
    }
}
