package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegexCheckTest {
  /** The patterns of GPT-2, Llama 3, Qwen 2, GPT-4o, DeepSeek, BLOOM and simple ones. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        " ?[^(\\s|[.,!?…。，、।۔،])]+",
        "\\d{3}(?=(?:\\d{3})*\\b)",
        "(?=(\\d{3})+(?!\\d))",
        "[\\r\\n]",
        " {2,}",
        "[^\\w\\s]|_",
        "(?<!\\n)^",
        "[[:alpha:]]+",
        "\\s+",
        "\\p{N}++",
        "``|''",
        "(?<=[a-z])(?=[A-Z])",
        "(?:[a-z]|[0-9])+",
        "(a|b|[c-f_])*x",
        "(?<word>\\p{L}|\\p{N})+",
        ".",
        ""
      })
  void takesWhatTokenizersUse(String regex) {
    assertNull(RegexCheck.problem(regex), regex);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a*)*b",
        "(a|a)*b",
        "(?:[a-z]|[x-z0])+",
        "(?:a|b|c|d|e)+",
        "(?:[a-z]|\\p{N})+",
        "(?:\\p{N}|\\p{N})+",
        "(?:[a-z]|ab)+",
        "(?:[^a]|[0-9])+",
        "(?i)(?:[a-z]|[A-Z])+",
        "(x+x+)+y",
        "(.*?,){25}P",
        ".*.*=",
        "\\s*\\s*x",
        "(?:a?){40}b",
        "a?a?a?a?a?a?a?a?a?a?a?a?b",
        "(\\w|\\w\\w)*!",
        "(?=.*.*.*x)",
        "((a{999}){999}){999}",
        "(\\w+)\\1",
        "(?<x>a)\\g<x>",
        "(?x) a # (",
        "(?~abc)",
        "(*FAIL)",
        "(?{x})",
        "a**",
        "(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((a",
        "[a",
        "a)",
        "\\"
      })
  void refusesWhatTakesTooLongOrCannotBeFollowed(String regex) {
    assertNotNull(RegexCheck.problem(regex), regex);
  }
}
