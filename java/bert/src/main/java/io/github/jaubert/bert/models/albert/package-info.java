/** ALBERT (Lan et al. 2020): one layer, many times over. */
package io.github.jaubert.bert.models.albert;
