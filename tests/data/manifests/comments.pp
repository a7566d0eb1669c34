# class no::one {
/* class no::two {
 # */ class comments::a { # }
  /*/ } */
  notice('#')  # "
}
/**/
# the last line has no end: class no::three {