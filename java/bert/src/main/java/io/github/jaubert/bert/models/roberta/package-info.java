/** RoBERTa (Liu et al. 2019) and those built like it: XLM-RoBERTa and CamemBERT. */
package io.github.jaubert.bert.models.roberta;
