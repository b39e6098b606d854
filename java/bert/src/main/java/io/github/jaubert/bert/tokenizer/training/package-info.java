/** How vocabularies are learnt; not exported, and free to change. */
package io.github.jaubert.bert.tokenizer.training;
