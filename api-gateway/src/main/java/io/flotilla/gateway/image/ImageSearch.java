package io.flotilla.gateway.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.rpc.SearchRequest;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import java.io.IOException;
import java.util.Set;

/** `docker search`. */
final class ImageSearch {
    private static final Set<String> KEYS = Set.of("is-official", "is-automated", "stars");
    private static final int DEFAULT_LIMIT = 25;
    private static final int MAX_LIMIT = 100;

    private ImageSearch() {}

    static ArrayNode run(Gateway gateway, ApiRequest request) {
        String term = request.query().text("term");
        if (term.isEmpty()) {
            throw ApiException.invalid("search term is required");
        }
        int limit = request.query().integer("limit").filter(given -> given != 0).orElse(DEFAULT_LIMIT);
        if (limit < 1 || limit > MAX_LIMIT) {
            throw ApiException.invalid("limit " + limit + " is outside the range of [1, " + MAX_LIMIT + "]");
        }
        Filters filters = request.query().filters(KEYS);
        long stars = stars(filters);
        SearchRequest search = SearchRequest.newBuilder()
                .setTerm(term)
                .setLimit(limit)
                .setAuth(RegistryAuth.decode(request.header(RegistryAuth.HEADER)))
                .build();
        ArrayNode results = Codec.JSON.mapper().createArrayNode();
        for (JsonNode result : read(gateway.imageCalls().search(ImageNodes.any(gateway), search))) {
            if (result.path("star_count").asLong() >= stars
                    && agrees(filters, "is-official", result.path("is_official"))
                    && agrees(filters, "is-automated", result.path("is_automated"))) {
                results.addObject()
                        .put("star_count", result.path("star_count").asLong())
                        .put("is_official", result.path("is_official").asBoolean())
                        .put("name", result.path("name").asText())
                        .put("is_automated", result.path("is_automated").asBoolean())
                        .put("description", result.path("description").asText());
            }
        }
        return results;
    }

    private static JsonNode read(byte[] json) {
        try {
            return Codec.JSON.mapper().readTree(json);
        } catch (IOException e) {
            throw new ApiException(500, "cannot read the results of the search: " + e.getMessage(), e);
        }
    }

    private static boolean agrees(Filters filters, String key, JsonNode value) {
        return !filters.contains(key) || filters.flag(key, false) == value.asBoolean();
    }

    private static long stars(Filters filters) {
        long[] most = {0};
        filters.each("stars", text -> {
            try {
                most[0] = Math.max(most[0], Long.parseLong(text));
            } catch (NumberFormatException e) {
                throw new ApiException(400, "invalid filter 'stars=[" + text + "]'", e);
            }
        });
        return most[0];
    }
}
