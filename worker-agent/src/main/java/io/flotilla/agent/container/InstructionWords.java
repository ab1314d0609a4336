package io.flotilla.agent.container;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The words of a Dockerfile instruction as BuildKit's shell lexer reads them: quotes, backslashes and the variables of the
 * configuration's environment ({@code $NAME}, {@code ${NAME}}, {@code ${NAME:-word}}, {@code ${NAME:+word}}). Pure.
 */
final class InstructionWords {
    private static final char ESCAPE = '\\';

    private final String text;
    private final Map<String, String> environment;
    private final StringBuilder word = new StringBuilder();
    private int at;

    private InstructionWords(String text, Map<String, String> environment) {
        this.text = text;
        this.environment = environment;
    }

    /** Parts between white space outside of quotes, quotes and backslashes still in them. */
    static List<String> split(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ESCAPE && quote != '\'' && i + 1 < text.length()) {
                word.append(c).append(text.charAt(++i));
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (!word.isEmpty()) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            } else {
                if (quote == 0 && (c == '\'' || c == '"')) {
                    quote = c;
                } else if (c == quote) {
                    quote = 0;
                }
                word.append(c);
            }
        }
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }

    /** Takes quotes and backslashes away and puts variables' values in; an unknown one is empty. */
    static String expand(String word, Map<String, String> environment) throws PlanRefused {
        InstructionWords words = new InstructionWords(word, environment);
        words.expandUntil((char) 0);
        return words.word.toString();
    }

    private void expandUntil(char end) throws PlanRefused {
        while (at < text.length() && (end == 0 || text.charAt(at) != end)) {
            char c = text.charAt(at);
            switch (c) {
                case '\'' -> singleQuoted();
                case '"' -> doubleQuoted();
                case '$' -> variable();
                case ESCAPE -> {
                    at++;
                    if (at < text.length()) {
                        word.append(text.charAt(at++));
                    }
                }
                default -> {
                    word.append(c);
                    at++;
                }
            }
        }
    }

    private void singleQuoted() throws PlanRefused {
        int close = text.indexOf('\'', at + 1);
        if (close < 0) {
            throw new PlanRefused("failed to process \"" + text + "\": unexpected end of statement while looking for"
                    + " matching single-quote");
        }
        word.append(text, at + 1, close);
        at = close + 1;
    }

    private void doubleQuoted() throws PlanRefused {
        at++;
        while (at < text.length() && text.charAt(at) != '"') {
            char c = text.charAt(at);
            if (c == '$') {
                variable();
            } else if (c == ESCAPE && at + 1 < text.length() && "\"$\\".indexOf(text.charAt(at + 1)) >= 0) {
                word.append(text.charAt(at + 1));
                at += 2;
            } else {
                word.append(c);
                at++;
            }
        }
        if (at >= text.length()) {
            throw new PlanRefused("failed to process \"" + text + "\": unexpected end of statement while looking for"
                    + " matching double-quote");
        }
        at++;
    }

    private void variable() throws PlanRefused {
        at++;
        if (at >= text.length()) {
            word.append('$');
        } else if (text.charAt(at) == '{') {
            at++;
            braced();
        } else {
            String name = name();
            if (name.isEmpty()) {
                word.append('$');
            } else {
                word.append(environment.getOrDefault(name, ""));
            }
        }
    }

    private void braced() throws PlanRefused {
        String name = name();
        if (name.isEmpty() || at >= text.length()) {
            throw unfinished();
        }
        String value = environment.getOrDefault(name, "");
        char next = text.charAt(at++);
        if (next == '}') {
            word.append(value);
            return;
        }
        boolean set = next == ':' ? !value.isEmpty() : environment.containsKey(name);
        char modifier = next == ':' && at < text.length() ? text.charAt(at++) : next;
        String other = alternative();
        switch (modifier) {
            case '-' -> word.append(set ? value : other);
            case '+' -> word.append(set ? other : "");
            case '?' -> {
                if (!set) {
                    throw new PlanRefused(name + ": " + (other.isEmpty() ? "is not allowed to be unset" : other));
                }
                word.append(value);
            }
            default ->
                throw new PlanRefused(
                        "failed to process \"" + text + "\": unsupported modifier (" + modifier + ") in substitution");
        }
    }

    /** What stands between a modifier and the closing brace, itself expanded. */
    private String alternative() throws PlanRefused {
        int before = word.length();
        expandUntil('}');
        if (at >= text.length()) {
            throw unfinished();
        }
        at++;
        String other = word.substring(before);
        word.setLength(before);
        return other;
    }

    private String name() {
        int from = at;
        while (at < text.length() && isNamePart(text.charAt(at), at > from)) {
            at++;
        }
        return text.substring(from, at);
    }

    private static boolean isNamePart(char c, boolean inside) {
        return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || inside && c >= '0' && c <= '9';
    }

    private PlanRefused unfinished() {
        return new PlanRefused("failed to process \"" + text + "\": syntax error: missing '}'");
    }
}
