package dev.caravan.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MaskedYamlTest {

    @Test
    void valuesOfSecretsAreMaskedWhereverTheyStand() {
        String yaml =
                """
                - route:
                    id: shop   # näh 🐪
                    from:
                      uri: pipeline:shop
                      parameters: {cron: "0 6 * * *", api-key: abc123}
                      steps:
                        - to:
                            uri: https:shop.example/items?token=abc123
                            parameters:
                              password: abc123
                              query.api_key: 'abc123'
                              secret: >
                                abc123
                                abc123
                              page: 7
                        - setHeader:
                            name: X-Api-Key
                            constant: abc123
                        - setVariable:
                            name: password
                            expression:
                              constant: {expression: abc123}
                        - setVariable: {name: day, constant: kept1}
                """;
        assertThat(MaskedYaml.of(yaml))
                .doesNotContain("abc123")
                .contains("id: shop   # näh 🐪", "\"0 6 * * *\"", "query.api_key: xxxxxx\n", "page: 7", "kept1")
                .contains("secret: xxxxxx\n", "name: X-Api-Key\n", "constant: xxxxxx\n");
    }

    @Test
    void placeholdersStay() {
        String yaml =
                """
                - to:
                    uri: jdbc:shop
                    parameters:
                      password: "{{aws:shop#password}}"
                      token: ${variable.token}
                - setHeader:
                    name: Authorization
                    simple: Bearer {{shop.token}}
                """;
        assertThat(MaskedYaml.of(yaml))
                .contains("password: \"{{aws:shop#password}}\"", "token: ${variable.token}", "simple: Bearer {{shop");
    }

    @Test
    void theDefaultOfAPlaceholderIsASecret() {
        assertThat(MaskedYaml.of("password: \"{{shop.password:abc123}}\"")).doesNotContain("abc123");
    }

    @Test
    void whatIsNoYamlIsNotShown() {
        assertThat(MaskedYaml.of("password: [abc123")).isNull();
    }
}
