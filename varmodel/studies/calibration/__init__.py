"""Calibration: does the sampler give the posterior (methods 12, 16).

fit -> certificate                     certificate.certify
a draw -> a table beside its own       replicates.with_replicate
ranks -> are they uniform              uniformity.chi_square_p, uniformity.log_gamma_p
"""

from varmodel.studies.calibration.certificate import Certificate, certify

__all__ = ["Certificate", "certify"]
