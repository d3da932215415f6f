# Our own scenarios, for flags of test-flags.json that the specification has no scenarios for.
Feature: Flags that leave the value to the code

    Background:
        Given a stable provider

    Scenario Outline: Flag without a default variant
        Given a <type>-flag with key "<key>" and a fallback value "<default>"
        When the flag was evaluated with details
        Then the resolved details value should be "<default>"
        And the reason should be "DEFAULT"
        Examples:
            | key                    | type    | default |
            | null-default-flag      | Boolean | true    |
            | null-default-flag      | Boolean | false   |
            | undefined-default-flag | Integer | 7       |

    Scenario Outline: Targeting that needs every attribute
        Given a String-flag with key "complex-targeted" and a fallback value "default"
        And a context containing a key "email", with type "String" and with value "ballmer@macrosoft.com"
        And a context containing a key "age", with type "Integer" and with value "<age>"
        And a context containing a key "customer", with type "Boolean" and with value "<customer>"
        When the flag was evaluated with details
        Then the resolved details value should be "EXTERNAL"
        And the variant should be "external"
        And the reason should be "DEFAULT"
        Examples:
            | age | customer |
            | 10  | false    |
            | 65  | true     |
