#include "search/words.h"

#include "base/names.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 64 /* bytes of a word, with the NUL */

#define EARLY                                                                                      \
    "a training by itself ends early by early_stopping: {value: {monitor: val_loss, patience: "    \
    "3}}, beside its epochs; early_terminate: {type: halving} stops those that fall behind others"
#define STOPS_EARLY                                                                                \
    "it is a way to stop trials early, whatever the method: early_terminate: {type: halving} "     \
    "(hyperband, median, race)"
#define SCHEDULE                                                                                   \
    "schedules are learning_rate_schedule: {value: {cosine_decay: {decay_steps: 1000}}}; `sweep "  \
    "keys learning_rate_schedule` lists them"
#define LAYERS                                                                                     \
    "the hidden layers, without the input and the output, are one list: layers: {values: [[128], " \
    "[128, 64]]}"
#define KINDS "it is not supported; `sweep keys layers` lists the kinds of layers that are"
#define A_LAYER                                                                                    \
    "it is a layer: layers: {value: [128, batch_normalization, \"dropout 0.2\"]}; `sweep keys "    \
    "layers` lists the kinds"
#define AN_IMAGE_LAYER                                                                             \
    "it is a layer or its argument: layers: {value: [\"conv2d 32 3 relu\", max_pooling2d]}; "      \
    "`sweep keys layers` lists them"
#define AN_AUGMENTATION                                                                            \
    "it is an augmentation: augmentation: {value: [random_rotation 0.05, elastic 34 4]}; `sweep "  \
    "keys augmentation` lists the kinds"
#define IN_A_LAYER                                                                                 \
    "it is an argument of a layer: layers: {value: [64 l1=0.001, {units: 32, use_bias: false}]}; " \
    "`sweep keys layers` lists them"
#define ON_KERNELS "it is not supported; penalties and max_norm are on kernels only: remove it"
#define AT_THE_TOP "it belongs at the top of the config, not under parameters"
#define SEEDS                                                                                      \
    "seed: 1 at the top of the config is the first seed, and repeats: 3 trains every setting "     \
    "with "                                                                                        \
    "three of them"
#define NOT_SUPPORTED "it is not supported; remove it"
#define OTHER_ACTIVATION "it is not supported; `sweep keys activation` lists those that are"
#define OTHER_LOSS "it is not supported; `sweep keys loss` lists those that are"
#define OTHER_OPTIMIZER "it is not supported; `sweep keys optimizer` lists those that are"
#define OTHER_METRIC "it is not supported; `sweep keys` lists those that are"
#define OF_KERAS "Keras has it, and sweep has not; "
#define NEAREST OF_KERAS "the nearest is "

#define ANYWHERE "key|hyperparameter"
#define PARAMETER "hyperparameter"

static const struct word table[] = {
    /* The top level of a W&B, Optuna, Ray Tune or scikit-learn file. */
    {"key", "program command project entity job controller image_uri", NULL,
     "concerns W&B's own runner and is ignored", true},
    {"key", "n_trials num_trials num_samples max_trials trials max_evals n_iter count", "budget",
     "it is budget: {trials: 50}", false},
    {"key", "timeout time_budget time_budget_s max_time time_limit", "budget",
     "it is budget: {seconds: 600}", false},
    {"key", "forbidden forbidden_clauses constraints exclusions", "exclude",
     "it is a list of conditions, as in exclude: [\"optimizer=sgd and learning_rate<0.01\"]",
     false},
    {"key", "paired pairs together linked", "zip", NULL, false},
    {"key",
     "params param_grid param_distributions param_space search_space hyperparameters hparams",
     "parameters", NULL, false},
    {"key", "scoring objective target", "metric", "it is {name: val_accuracy, goal: maximize}",
     false},
    {"key", "direction mode", NULL, "write metric: {name: val_accuracy, goal: maximize}", false},
    {"key", "search strategy algorithm sampler search_alg tuner", "method", NULL, false},
    {"key", "data datasets data_set dataset_name", "dataset", NULL, false},
    {"key", "seeds random_seeds random_seed random_state", "seed",
     "it is the first seed; repeats: 3 trains every setting with three", false},
    {"key", "n_repeats num_repeats replicates n_seeds num_seeds cv folds", "repeats",
     "it is the number of seeds for each setting", false},
    {"key", "study_name experiment experiment_name sweep_name title", "name", NULL, false},
    {"key", "n_jobs jobs threads workers num_workers max_concurrent_trials parallel", NULL,
     "it is an option of the command: --jobs 4", false},
    {"key", "storage database db output results_dir local_dir", NULL,
     "it is an option of the command: --db results/sweep.db", false},
    {"key", "data_dir data_path data_root", NULL, "it is an option of the command: --data-dir DIR",
     false},
    {"key", "save_models keep_model checkpoint save_best_only", "keep_models", NULL, false},
    {"key", "pruner pruning scheduler early_stop early_termination", "early_terminate",
     "it is early_terminate: {type: halving} (hyperband, median, race)", false},
    {"key", "batch_trials max_concurrent concurrency population_size", "batch", NULL, false},
    {"method", "grid_search grid_sampler brute_force_sampler exhaustive full cartesian", "grid",
     NULL, false},
    {"method", "random_search random_sampler randomized randomized_search uniform", "random", NULL,
     false},
    {"method",
     "qmc qmc_sampler sobol_sampler sobol_sequence quasi_random quasi_monte_carlo low_discrepancy "
     "halton latin_hypercube lhs",
     "sobol", NULL, false},
    {"method", "tpe_sampler hyperopt hyperopt_search optuna optuna_search parzen", "tpe", NULL,
     false},
    {"method",
     "bayesian bayesian_optimization bayesopt bayes_opt_search gp_sampler gaussian_process "
     "botorch botorch_sampler ax ax_search skopt smac kriging bo",
     "gp", NULL, false},
    {"method",
     "hyperband hyperband_pruner asha asha_scheduler async_hyperband async_hyperband_scheduler "
     "halving successive_halving successive_halving_pruner median median_stopping "
     "median_stopping_rule median_pruner race racing f_race",
     NULL, STOPS_EARLY, false},
    {"method", "bohb bohb_search", NULL,
     "method: tpe with early_terminate: {type: hyperband} does what BOHB does", false},
    {"method",
     "pbt population_based_training cmaes cma_es cma_es_sampler nsga nsgaii nsgaii_sampler "
     "nsgaiii_sampler genetic evolutionary evolution nevergrad pso annealing",
     NULL, "it is not supported; tpe and gp learn from results as it does", false},
    {"type of early_terminate",
     "asha async_hyperband async_successive_halving asha_scheduler async_hyperband_scheduler "
     "successive_halving successive_halving_pruner sha",
     "halving", "(each rung waits for all of its trials)", false},
    {"type of early_terminate", "hyperband_pruner hyperband_scheduler hyper_band bohb", "hyperband",
     NULL, false},
    {"type of early_terminate",
     "median_stopping median_stopping_rule median_pruner median_stop percentile percentile_pruner",
     "median", NULL, false},
    {"type of early_terminate", "racing f_race irace wilcoxon wilcoxon_pruner", "race", NULL,
     false},
    {"type of early_terminate", "bandit bandit_policy envelope", "median",
     "(those go on that are better than the median of the others so far)", false},
    {"type of early_terminate", "truncation truncation_selection", "halving",
     "(at each rung the best share goes on)", false},
    {"type of early_terminate", "threshold_pruner patient_pruner", NULL, "it is not supported",
     false},
    {"type of early_terminate", "patience early_stopping", NULL, EARLY, false},
    {"key of dataset", "path file folder directory source location url", "name",
     "it is the data set's name, a file or a folder: {name: ./mine.csv}", false},
    {"key of dataset", "target target_column label_column y_col y", "label",
     "it is the column that is learned; targets: values says that it has numbers to be predicted",
     false},
    {"key of dataset", "split validation_split", NULL,
     "test_split: 0.25 is what the test part gets; validation_split is a hyperparameter", false},
    {"key of dataset",
     "normalize normalise normalized normalised standardize standardise rescaling", "normalization",
     "it is true, or a list of inputs' names", false},
    {"key of early_terminate", "grace_period min_resource min_t n_warmup_steps min_epochs warmup",
     "min_iter", NULL, false},
    {"key of early_terminate", "max_resource max_t max_epochs", "max_iter", NULL, false},
    {"key of early_terminate", "reduction_factor factor", "eta", NULL, false},
    {"key of early_terminate", "brackets num_brackets", "s", NULL, false},
    {"key of early_terminate", "alpha significance p confidence", "level", NULL, false},
    {"key of budget", "n_trials num_trials runs run_cap count settings max_trials", "trials", NULL,
     false},
    {"key of budget", "time timeout max_time time_limit duration", "seconds", NULL, false},
    {"key of budget", "max_epochs n_epochs iterations", "epochs", NULL, false},
    {"key of layers", "n num number depth num_layers n_layers", "count", NULL, false},
    {"key of layers", "size sizes width widths neurons unit", "units", NULL, false},
    {"key of layers", "per_layer independent own varying", "each", NULL, false},
    {"goal", "max maximise maximum higher high up", "maximize", NULL, false},
    {"goal", "min minimise minimum lower low down", "minimize", NULL, false},
    {"value of keep_models", "true yes on every always", "all", NULL, false},
    {"value of keep_models", "false no off never", "none", NULL, false},
    {"key of metric", "target", NULL,
     "is ignored: a sweep goes on to its end, whatever a trial reaches", true},
    {"key of metric", "mode direction", "goal", NULL, false},

    /* What is there, in another place. */
    {PARAMETER, "seed random_state random_seed seeds", NULL, SEEDS, false},
    {PARAMETER, "repeats n_repeats num_repeats trials n_trials num_trials replicates cv", NULL,
     SEEDS, false},
    {"hyperparameter",
     "name description method metric metrics keep_models parameters zip exclude budget "
     "run_cap early_terminate",
     NULL, AT_THE_TOP, false},

    /* What has another name. */
    {PARAMETER,
     "epoch n_epochs num_epochs nb_epoch nb_epochs max_epochs num_train_epochs max_iter n_iter "
     "iterations num_iterations training_epochs",
     "epochs", NULL, false},
    {PARAMETER,
     "batch bs batchsize minibatch_size mini_batch_size mini_batch train_batch_size "
     "per_device_train_batch_size",
     "batch_size", NULL, false},
    {PARAMETER,
     "eta step_size base_lr init_lr initial_lr learning_rate_init initial_learning_rate rate "
     "lrate",
     "learning_rate", NULL, false},
    {PARAMETER, "val_split valid_split validation_fraction validation_size val_fraction val_size",
     "validation_split", NULL, false},
    {PARAMETER,
     "n_samples num_train train_size n_train num_images n_images train_samples "
     "max_samples subset samples",
     "train_images", NULL, false},
    {PARAMETER, "dropout_rate drop_rate drop_prob dropout_prob p_dropout", "dropout", NULL, false},
    {PARAMETER, "activation_function activation_fn act act_fn hidden_activation nonlinearity",
     "activation", NULL, false},
    {PARAMETER, "final_activation last_activation output_layer_activation", "output_activation",
     NULL, false},
    {PARAMETER, "opt optim solver optimizer_name optimiser", "optimizer", NULL, false},
    {PARAMETER, "criterion loss_fn loss_func objective loss_name cost", "loss", NULL, false},
    {PARAMETER, "init weight_init init_mode kernel_init weights_init weight_initializer",
     "initializer", NULL, false},
    {PARAMETER, "nesterovs_momentum use_nesterov", "nesterov", NULL, false},
    {PARAMETER "|parameter of*", "beta1 b1", "beta_1", NULL, false},
    {PARAMETER "|parameter of*", "beta2 b2", "beta_2", NULL, false},
    {PARAMETER "|parameter of*", "betas", NULL, "beta_1 and beta_2 are given one by one", false},
    {PARAMETER "|parameter of*", "eps", "epsilon", NULL, false},
    {PARAMETER, "wd", "weight_decay", NULL, false},
    {PARAMETER,
     "reg regularization l2_reg l2_regularization l2_penalty l2_lambda lambda "
     "kernel_regularizer weight_penalty",
     "l2", NULL, false},
    {PARAMETER,
     "l1 l1_reg l1_regularization l1_ratio kernel_constraint kernel_initializer "
     "use_bias bias_initializer",
     NULL, IN_A_LAYER, false},
    {PARAMETER, "bias_regularizer activity_regularizer", NULL, ON_KERNELS, false},
    {"key of a layer", "kernel_regularizer depthwise_regularizer regularizer weight_decay", NULL,
     "what is on the kernel is written l1: 0.001, l2: 0.001 or both", false},
    {"key of a layer", "kernel_constraint depthwise_constraint constraint", NULL,
     "it is max_norm: 3, the largest norm of an output's weights", false},
    {"key of a layer", "maxnorm", "max_norm", NULL, false},
    {"key of a layer", "max_value", NULL, "relu6 is relu with a max_value of 6", false},
    {"key of a layer", "threshold", NULL,
     "{thresholded_relu: {theta: 1}} is relu with a threshold of 1", false},
    {"key of a layer", "negative_slope", NULL,
     "it is leaky_relu's: {leaky_relu: {negative_slope: 0.3}}, or of another layer activation: "
     "{name: leaky_relu, negative_slope: 0.3}",
     false},
    {"key of a layer", "axis", NULL, "it is the last axis, Keras' -1; remove it", false},
    {"key of a layer",
     "bias_regularizer activity_regularizer gamma_regularizer beta_regularizer bias_constraint "
     "gamma_constraint beta_constraint",
     NULL, ON_KERNELS, false},
    {"parameter of leaky_relu", "alpha slope", "negative_slope", NULL, false},

    /* What is one list here. */
    {ANYWHERE,
     "hidden_layer_sizes hidden_layer_size hidden_layers hidden_units hidden_size hidden_sizes "
     "hidden_dim n_hidden num_hidden hidden fc_layer_size dense_units layer_sizes layer_size "
     "layer_units units n_units num_units neurons n_neurons num_neurons width",
     "layers", LAYERS, false},
    {ANYWHERE, "depth num_layers n_layers nb_layers architecture dense network", NULL, LAYERS,
     false},

    /* What is not there. */
    {ANYWHERE,
     "early_stopping_rounds patience min_delta tol n_iter_no_change restore_best_weights "
     "early_stop callbacks",
     NULL, EARLY, false},
    {PARAMETER, "reduce_lr reduce_on_plateau plateau", "reduce_lr_on_plateau", NULL, false},
    {ANYWHERE "|parameter of*",
     "lr_scheduler schedule scheduler schedules learning_rate_scheduler warmup warmup_steps "
     "warmup_ratio lr_decay learning_rate_decay decay decay_rate decay_steps power_t cosine_decay "
     "exponential_decay step_lr gamma annealing",
     NULL, SCHEDULE, false},
    {"key of a layer", "inputs input", NULL,
     "what a layer reads stands beside it: {dense: 16, inputs: a}", false},
    {ANYWHERE "|layer|key of a layer",
     "conv1d conv3d separable_conv2d conv2d_transpose upsampling2d lstm gru rnn "
     "embedding attention transformer "
     "num_heads "
     "residual input input_shape type",
     NULL, KINDS, false},
    {ANYWHERE,
     "batch_norm batch_normalization layer_norm layer_normalization normalization gaussian_noise "
     "flatten reshape",
     NULL, A_LAYER, false},
    {ANYWHERE,
     "conv conv2d depthwise_conv2d convolution cnn filters n_filters num_filters kernel_size "
     "kernel strides stride padding max_pool max_pooling max_pooling2d avg_pool average_pooling2d "
     "global_average_pooling2d global_max_pooling2d pooling pool_size groups dilation_rate "
     "cropping cropping2d zero_padding zero_padding2d",
     NULL, AN_IMAGE_LAYER, false},
    {PARAMETER, "data_augmentation augment augmentations transforms", "augmentation", NULL, false},
    {ANYWHERE,
     "rotation_range width_shift_range height_shift_range zoom_range shear_range random_rotation "
     "random_translation random_zoom random_shear random_erasing elastic cutout",
     NULL, AN_AUGMENTATION, false},
    {"augmentation", "rotation rotate random_affine", "random_rotation", NULL, false},
    {"augmentation", "translation translate shift random_shift", "random_translation", NULL, false},
    {"augmentation", "zoom scale random_scale", "random_zoom", NULL, false},
    {"augmentation", "shear", "random_shear", NULL, false},
    {"augmentation", "random_elastic_transform elastic_distortion", "elastic", NULL, false},
    {"augmentation", "erasing random_cutout coarse_dropout", "random_erasing", NULL, false},
    {"augmentation",
     "random_flip random_crop random_brightness random_contrast random_perspective random_invert "
     "mix_up cut_mix rand_augment aug_mix auto_contrast",
     NULL, NOT_SUPPORTED, false},
    {"layer", "concat merge", "concatenate", NULL, false},
    {"key of an output", "weight loss_weights", "loss_weight", NULL, false},
    {"layer", "convolution cnn", "conv2d", NULL, false},
    {"layer", "max_pooling pooling", "max_pooling2d", NULL, false},
    {"layer", "average_pooling avg_pooling", "average_pooling2d", NULL, false},
    {"key of a layer", "n_filters num_filters", "filters", NULL, false},
    {"key of a layer", "kernel", "kernel_size", NULL, false},
    {"key of a layer", "stride", "strides", NULL, false},
    {"key of a layer", "dilation", "dilation_rate", NULL, false},
    {"layer", "layer_norm", "layer_normalization", NULL, false},
    {"key of a layer", "size neurons n_units width output_dim", "units", NULL, false},
    {"key of a layer", "act activation_function", "activation", NULL, false},
    {ANYWHERE,
     "batch_norm_momentum shuffle "
     "sample_weight gpu gpus device devices accelerator precision dtype amp verbose "
     "from_logits bagging",
     NULL, NOT_SUPPORTED, false},
    {ANYWHERE "|parameter of*", "loss_scale_factor jit_compile", NULL, NOT_SUPPORTED, false},
    {ANYWHERE "|parameter of*", "max_grad_norm gradient_clip_val clip_grad_norm max_norm",
     "global_clipnorm", NULL, false},
    {ANYWHERE "|parameter of*", "gradient_clipping gradient_clip clip grad_clip clip_grad", NULL,
     "it is one of clipnorm (of each array), global_clipnorm (of all) and clipvalue", false},
    {ANYWHERE "|parameter of*", "clip_grad_value clip_value", "clipvalue", NULL, false},
    {ANYWHERE "|parameter of*", "ema moving_average polyak", "use_ema", NULL, false},
    {ANYWHERE "|parameter of*", "ema_decay ema_beta", "ema_momentum", NULL, false},
    {ANYWHERE "|parameter of*",
     "accumulation_steps accumulate_grad_batches grad_accumulation gradient_accumulation "
     "accumulation",
     "gradient_accumulation_steps", NULL, false},
    {ANYWHERE "|parameter of*", "smoothing label_smooth label_smoothing_factor", "label_smoothing",
     NULL, false},
    {PARAMETER, "class_weights weight_classes pos_weight scale_pos_weight", "class_weight", NULL,
     false},
    {"parameter of adafactor", "relative_step", NULL,
     "the learning rate is at most 1 / sqrt(step) either way, in Keras as here; remove it", false},
    {ANYWHERE "|parameter of*", "adam_learning_rate adam_lr", NULL,
     "muon's adam has the learning_rate times adam_lr_ratio: set that one", false},
    {"parameter of muon", "exclude_layers exclude_embeddings", NULL,
     "every matrix is stepped by muon, all other arrays by adam; remove it", false},
    {PARAMETER, "bias", NULL, IN_A_LAYER, false},

    /* A hyperparameter's own keys. */
    {"key of a hyperparameter",
     "exponential_decay piecewise_constant_decay polynomial_decay inverse_time_decay cosine_decay "
     "cosine_decay_restarts one_cycle schedule",
     NULL, SCHEDULE, false},
    {"key of a hyperparameter", "choices options categories grid grid_search list choice", "values",
     NULL, false},
    {"key of a hyperparameter", "default const constant fixed", "value", NULL, false},
    {"key of a hyperparameter", "low lower start from minimum lower_bound", "min", NULL, false},
    {"key of a hyperparameter", "high upper stop end to maximum upper_bound", "max", NULL, false},
    {"key of a hyperparameter", "step quantum increment by", "q", NULL, false},
    {"key of a hyperparameter", "weights probs p prob", "probabilities", NULL, false},
    {"key of a hyperparameter", "mean loc", "mu", NULL, false},
    {"key of a hyperparameter", "std sd stddev scale", "sigma", NULL, false},
    {"key of a hyperparameter", "alpha", "a", NULL, false},
    {"key of a hyperparameter", "beta", "b", NULL, false},
    {"key of a hyperparameter", "log_scale logscale is_log prior sampling base", "log",
     "log: true has the logarithm even", false},
    {"key of a hyperparameter", "dist type", "distribution", NULL, false},
    {"distribution", "choice choices enum", "categorical", NULL, false},
    {"distribution", "randint int integer int_range q_randint", "int_uniform", "(max is included)",
     false},
    {"distribution", "lograndint log_int q_lograndint", "q_log_uniform_values", NULL, false},
    {"distribution", "float real range", "uniform", NULL, false},
    {"distribution", "randn gaussian", "normal", NULL, false},
    {"distribution", "lognormal_values", "log_normal", NULL, false},
    {"key of a hyperparameter", "range", NULL, "write {min: 1, max: 9} or list the values", false},

    {"learning_rate_schedule", "cosine cosine_annealing cosine_annealing_lr", "cosine_decay", NULL,
     false},
    {"learning_rate_schedule",
     "cosine_restarts cosine_annealing_warm_restarts sgdr cosine_warm_restarts",
     "cosine_decay_restarts", NULL, false},
    {"learning_rate_schedule", "exponential exponential_lr", "exponential_decay", NULL, false},
    {"learning_rate_schedule", "step step_lr step_decay multi_step multi_step_lr piecewise",
     "piecewise_constant_decay", NULL, false},
    {"learning_rate_schedule", "linear linear_decay linear_lr polynomial poly", "polynomial_decay",
     NULL, false},
    {"learning_rate_schedule", "inverse_time inv_scaling", "inverse_time_decay", NULL, false},

    /* Initializers. */
    {"initializer", "orthogonal identity", NULL,
     "Keras has it, and sweep has not; `sweep keys initializer` lists those that are", false},
    {"initializer", "variance_scaling", NULL,
     "glorot_, he_ and lecun_ with uniform or normal are those of its kind that have a name",
     false},
    {"initializer", "constant", NULL, "zeros and ones are the constants that there are", false},

    /* Activations. */
    {"activation|output_activation",
     "gelu_new gelu_tanh gelu_fast gelu_approximate quick_gelu gelu_pytorch_tanh", "gelu",
     "(computed exactly, by erf)", false},
    {"activation|output_activation", "logits none passthrough no", "linear", NULL, false},
    {"activation|output_activation", "hyperbolic_tangent tan_h", "tanh", NULL, false},
    {"activation|output_activation", "rectifier rectified_linear", "relu", NULL, false},
    {"activation|output_activation", "step heaviside threshold", "binary_step", NULL, false},
    {"activation|output_activation", "lrelu leaky", "leaky_relu", NULL, false},
    {"activation|output_activation",
     "celu glu hard_shrink hard_silu hard_swish hard_tanh log_sigmoid log_softmax soft_shrink "
     "sparse_plus sparse_sigmoid sparsemax squareplus tanh_shrink rrelu crelu swiglu geglu maxout "
     "snake sin sine cos gaussian",
     NULL, OTHER_ACTIVATION, false},

    /* Optimizers. */
    {"optimizer", "stochastic_gradient_descent gd gradient_descent", "sgd", NULL, false},
    {"optimizer", "momentum nesterov sgd_momentum nesterov_momentum", NULL,
     "it is {name: sgd, momentum: 0.9}, with nesterov: true after Nesterov", false},
    {"optimizer", "adam_w", "adamw", NULL, false},
    {"optimizer", "amsgrad", NULL, "it is {name: adam, amsgrad: true}", false},
    {"optimizer",
     "lbfgs l_bfgs rprop radam asgd adabelief adamax_w yogi "
     "nadamw lookahead lars sophia shampoo rectified_adam newton",
     NULL, OTHER_OPTIMIZER, false},

    /* Losses and metrics. */
    {"loss|metric",
     "cce crossentropy cross_entropy cross_entropy_loss softmax_cross_entropy nll nll_loss "
     "log_loss logloss negative_log_likelihood softmax_crossentropy",
     "categorical_crossentropy", NULL, false},
    {"loss|metric", "bce bce_loss bce_with_logits bce_with_logits_loss binary_cross_entropy",
     "binary_crossentropy", NULL, false},
    {"loss|metric", "mse_loss squared_error l2 l2_loss quadratic", "mean_squared_error", NULL,
     false},
    {"loss|metric", "mae_loss absolute_error l1 l1_loss", "mean_absolute_error", NULL, false},
    {"loss|metric", "cosine cosine_distance cosine_proximity cosine_loss", "cosine_similarity",
     NULL, false},
    {"loss|metric", "squared_log_error squared_logarithmic_error", "mean_squared_logarithmic_error",
     NULL, false},
    {"loss|metric", "percentage_error absolute_percentage_error", "mean_absolute_percentage_error",
     NULL, false},
    {"loss|metric", "smooth_l1 smooth_l1_loss huber_loss", "huber", NULL, false},
    {"loss|metric", "kl kl_div kl_div_loss", "kl_divergence", NULL, false},
    {"loss|metric", "focal focal_loss categorical_focal_crossentropy", NULL,
     NEAREST
     "categorical_crossentropy, with class_weight: {value: balanced} where classes are rare",
     false},
    {"loss|metric", "binary_focal_crossentropy", NULL,
     NEAREST "binary_crossentropy, with class_weight: {value: balanced} where a class is rare",
     false},
    {"loss|metric", "dice dice_loss tversky tversky_loss", NULL,
     NEAREST "categorical_crossentropy (binary_crossentropy of a single unit)", false},
    {"loss|metric", "categorical_generalized_cross_entropy generalized_cross_entropy", NULL,
     NEAREST "categorical_crossentropy, with label_smoothing where labels are wrong", false},
    {"loss|metric", "ctc ctc_loss circle circle_loss", NULL,
     OF_KERAS "`sweep keys loss` lists those that are here, of which none is like it", false},
    {"loss", "triplet contrastive", NULL, OTHER_LOSS, false},
    {"metric", "f1_macro macro_f1 f_score fbeta_score f1score", "f1_score", NULL, false},
    {"metric", "top5 top_5 top_5_accuracy top_k top_k_accuracy top5_accuracy",
     "top_k_categorical_accuracy", NULL, false},
    {"metric", "train_loss training_loss", "loss", NULL, false},
    {"metric", "train_accuracy training_accuracy train_acc", "accuracy", NULL, false},
    {"metric", "validation_accuracy valid_accuracy valid_acc", "val_accuracy", NULL, false},
    {"metric", "validation_loss valid_loss", "val_loss", NULL, false},
    {"metric",
     "average_precision mcc "
     "matthews_corrcoef cohen_kappa kappa balanced_accuracy perplexity specificity "
     "sensitivity confusion_matrix fbeta error error_rate hamming_loss",
     NULL, OTHER_METRIC, false},
    {"metric", "auc roc_auc pr_auc", NULL, NEAREST "f1_score, with precision and recall", false},
    {"metric", "iou mean_io_u binary_io_u one_hot_io_u one_hot_mean_io_u", NULL, NEAREST "f1_score",
     false},
    {"metric",
     "precision_at_recall recall_at_precision sensitivity_at_specificity "
     "specificity_at_sensitivity",
     NULL, NEAREST "precision and recall, of the class that is predicted", false},
    {"metric", "true_positives true_negatives false_positives false_negatives", NULL,
     NEAREST "precision and recall; `sweep show` prints the confusion matrix", false},
    {"metric", "mean_relative_error", NULL, NEAREST "mean_absolute_percentage_error", false},
    {"metric", "log_cosh_error", "log_cosh", NULL, false},
    {"metric", "pearson_correlation concordance_correlation", NULL, NEAREST "r2_score", false},

    /* Initializers. */
    {"initializer", "glorot xavier", "glorot_uniform", NULL, false},
    {"initializer", "he kaiming kaiming_uniform", "he_uniform", NULL, false},
    {"initializer", "kaiming_normal", "he_normal", NULL, false},
    {"initializer", "lecun", "lecun_uniform", NULL, false},
    {"initializer", "normal gaussian", "random_normal", NULL, false},
    {"initializer", "uniform", "random_uniform", NULL, false},
    {"initializer", "zero", "zeros", NULL, false},
    {"initializer", "one", "ones", NULL, false},
    {"initializer", "orthogonal identity variance_scaling constant", NULL,
     "it is not supported; `sweep keys initializer` lists those that are", false},
};

/* Copy the next of the pieces between separators; false after the last. */
static bool next_piece(const char **pieces, char separator, char piece[WORD_MAX]) {
    const char separators[] = {separator, '\0'};
    const size_t length = strcspn(*pieces, separators);
    if (length == 0)
        return false;
    snprintf(piece, WORD_MAX, "%.*s", (int)length, *pieces);
    *pieces += length + ((*pieces)[length] == separator);
    return true;
}

static bool is_kind(const char *kinds, const char *kind) {
    char piece[WORD_MAX];
    while (next_piece(&kinds, '|', piece)) {
        const size_t length = strlen(piece);
        if (piece[length - 1] == '*' ? strncmp(piece, kind, length - 1) == 0
                                     : strcmp(piece, kind) == 0)
            return true;
    }
    return false;
}

static bool is_among(const char *words, const char *name) {
    char piece[WORD_MAX];
    while (next_piece(&words, ' ', piece))
        if (name_resembles(piece, name))
            return true;
    return false;
}

const struct word *words_find(const char *kind, const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (is_kind(table[i].kinds, kind) && is_among(table[i].words, name))
            return &table[i];
    return NULL;
}
