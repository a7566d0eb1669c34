# A sample class.
class stdlib::stages {
  stage { ['setup', 'deploy']: }
}
