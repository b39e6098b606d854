/** BERT (Devlin et al. 2019). */
package io.github.jaubert.bert.models.bert;
